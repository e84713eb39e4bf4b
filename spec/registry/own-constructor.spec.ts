// biome-ignore-all lint/suspicious/noTemplateCurlyInString: classes as text
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { hasOwnConstructor } from "../../lib/registry/own-constructor.js";

class Base {
  constructor(readonly config: object) {}
}

/** From source text, as a compiler would remove the comments and the unusual strings. */
const classOf = (text: string): (new () => object) => runInNewContext(`(${text})`, { Base, other: () => Base });

describe("A class", () => {
  for (const text of [
    "class extends Base {}",
    "class extends Base { /* the constructor() {} of the base will do */ tick() {} }",
    "class extends Base {\n  // constructor() {}\n  tick() {}\n}",
    "class extends Base { kind = 'constructor'; }",
    'class extends Base { kind = "constructor() {}"; }',
    "class extends Base { kind = `constructor() {} ${`${1} constructor() {}`} constructor() {}`; }",
    "class extends Base { tick() { return `${{ constructor() {} }.constructor()}`; } }",
    "class extends Base { pattern = /constructor() {}/; }",
    "class extends Base { tick(x) { if (x) /'constructor() {}/.test(x); } }",
    "class extends Base { tick() { return this.constructor (5); } }",
    "class extends Base { maker = this.constructor; }",
    "class extends Base { made = new this.constructor({}); }",
    "class extends Base { inner = class { constructor() {} }; }",
    "class extends Base { inner() { return class { constructor() {} }; } }",
    "class extends Base { options = { constructor() {} }; }",
    "class extends Base { static constructor() {} }",
    "class extends Base { static async constructor() {} }",
    "class extends Base { static *constructor() {} }",
    "class extends Base { static get constructor() { return 5; } }",
    "class extends Base { static set constructor(value) {} }",
    "class extends Base { constructorOf() { return 5; } }",
    "class extends Base { myconstructor() { return 5; } }",
    "class extends Base { constructor(...args) { super(...arguments); } }",
    "class extends other(class { constructor() {} }) {}",
    "class extends class extends Base { constructor() { super({}); } } {}",
    "class extends Base { [`constructor`]() {} }",
    "class extends Base { constructor() { super(...arguments); this.kind = 5; } }",
    "class extends Base { constructor(kind = 5) { super(...arguments); } }",
    "class extends Base { constructor(...args) { super(...args); } }",
    "class extends Base { constructor(...args) { console.log(args); super( ...args ); } }",
  ]) {
    it(`has no constructor of its own with a known parameter list: ${JSON.stringify(text)}`, () => {
      expect(hasOwnConstructor(classOf(text))).to.equal(false);
    });
  }

  for (const text of [
    "class extends Base { constructor(options = other()) { super(options); } }",
    "class extends Base { constructor(args) { super(...args, 1); } }",
    "class extends Base { constructor() { super({}); } }",
    "class extends Base { constructor () { super({}) } tick() {} }",
    "class extends Base { tick() {}\n  constructor(region = 'eu') { super({ region }); } }",
    "class extends Base { kind = 5\n  constructor() { super({}); } }",
    "class extends Base { rate = 5 / 2; other = '/'; constructor() { super({}); } }",
    "class extends Base { rate = (5 + 1) / 2; half(x) { return x[0] / 2 + `${x}` / 2; } constructor() { super({}); } }",
    "class extends Base { pattern = /['\"`}{)(]/g; constructor() { super({}); } }",
    "class extends Base { pattern = /[/'\\]]/; constructor() { super({}); } }",
    "class extends Base { text = `a ${{ b: '}' }.b} \\` c $ {`; constructor() { super({}); } }",
    "class extends Base { text = 'it\\'s'; constructor() { super({}); } }",
    "class extends Base { static { this.x = 5; } 'constructor'() { super({}); } }",
    "class extends other({ a: 1 }) { constructor() { super({}); } }",
    "class extends class extends Base {} { constructor() { super({}); } }",
    "class extends Base { constructor(...args) { super({ args }); } }",
    "class extends Base { constructor(...args) { super({}); other(...args); } }",
    "class extends class extends Base { constructor() { super(...arguments); } } { constructor() { super({}); } }",
    "class extends Base { tick(x) { if (x) /[\"'`]/.test(x); } constructor() { super({}); } }",
    "class extends Base { half(x) { return other(x) / 2 + '/'; } constructor() { super({}); } }",
    "class extends Base { half(x) { return this.notif(x) / 2 + '/'; } constructor() { super({}); } }",
    "class extends Base { half(x) { return this.iffy(x) / 2 + '/'; } constructor() { super({}); } }",
    "class extends Base { constructor(...args) { super(...args, {}); } }",
  ]) {
    it(`has its own constructor: ${JSON.stringify(text)}`, () => {
      expect(hasOwnConstructor(classOf(text))).to.equal(true);
    });
  }

  it("is treated as having none if the end of its source text cannot be found, so that the base's parameters count", () => {
    const odd = "class extends Base { tick(x) { {} /'/.test(x); } constructor() { super({}); } }";
    expect(hasOwnConstructor(classOf(odd))).to.equal(false);
  });

  it("that an old compiler emitted has its own, unless it forwards all arguments", () => {
    expect(hasOwnConstructor(classOf("function Old() { return Base.call(this, {}) || this; }"))).to.equal(true);
    expect(hasOwnConstructor(classOf("function Old() { this.kind = 'class'; }"))).to.equal(true);
    const passing = "function Old() { return Base !== null && Base.apply(this, arguments) || this; }";
    expect(hasOwnConstructor(classOf(passing))).to.equal(false);
  });
});
