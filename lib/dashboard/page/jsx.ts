// What esbuild makes of JSX: it adds these imports to each file that needs them.
export { Fragment, h } from "preact";
