import type { WorkerFunc } from "../chain/worker.js";

declare const hint: unique symbol;

/**
 * What a wrong use of a decorator is typed to return, so that the message of the compiler contains what to write instead. No
 * value has this type: at run time nothing is returned, and `bootstrap` reports the use.
 */
export interface Misuse<Hint extends string> {
  readonly [hint]: Hint;
}

/** An overload for all uses on a member that the overloads before it do not accept. */
export type MemberMisuse = <Value, Member, Detail = undefined>(
  value: Value,
  member: Member,
  detail?: Detail,
) => Misuse<MemberHint<Value, Member, Detail>>;

/** By the arguments that the compiler passes: those of the standard dialect, or of `experimentalDecorators`. */
export type MemberHint<Value, Member, Detail> = Member extends DecoratorContext
  ? StandardHint<Value, Member>
  : LegacyHint<Value, Detail>;

/** What the compiler passes as the second argument to a decorator on a member that is written without parentheses. */
export type Place = DecoratorContext | string | symbol;

export type NotOnAClass = "put it on a method, not on a class";
export type SelfIsOfAnotherClass = "give self the type of the class that has the decorator";

type Field = "make it a method, such as name() {}, not a field or an accessor";
type Parameters = "the only parameter is (context: WorkerContext): remove the others, or give them defaults";
type Static = "remove static: workers belong to instances";

type StandardHint<Value, Context extends DecoratorContext> = Context extends { readonly kind: "class" }
  ? NotOnAClass
  : Context extends ClassMethodDecoratorContext
    ? Context extends { readonly static: true }
      ? Static
      : Context extends { readonly private: true }
        ? "remove the #: workers are called from outside"
        : MethodHint<Value>
    : Field;

type LegacyHint<Value, Detail> = Detail extends number
  ? "put it on the method, not on a parameter"
  : Value extends AnyClass
    ? Static
    : Detail extends TypedPropertyDescriptor<infer Method extends (...args: never[]) => unknown>
      ? MethodHint<Method>
      : Field;

type MethodHint<Method> = Method extends WorkerFunc ? SelfIsOfAnotherClass : Parameters;

export type AnyClass = abstract new (...args: never[]) => object;
