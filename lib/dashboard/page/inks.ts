/** The colours of the theme that is on, for a canvas, in the order of `--inks`. */
export function inks(): readonly string[] {
  return getComputedStyle(document.documentElement)
    .getPropertyValue("--inks")
    .split(/, (?=[a-z])/);
}
