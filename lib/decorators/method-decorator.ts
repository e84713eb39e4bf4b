import type { WorkerFunc } from "../chain/worker.js";
import type { AnyClass, MemberMisuse, Misuse, NotOnAClass, SelfIsOfAnotherClass } from "./misuse.js";

/**
 * A decorator for methods that fit `(context: WorkerContext)`, in both dialects. On fields, accessors, static and `#private`
 * methods, parameters and classes it does not compile, and the message says why.
 * @typeParam Self the class it may be used in, for an option that is a function of the instance
 */
export interface WorkerMethodDecorator<Self extends object = UntypedSelf> extends MethodUse<Self>, MemberMisuse {
  /** On a class, under `experimentalDecorators`. */
  (type: AnyClass): Misuse<NotOnAClass>;
}

/** A decorator for such methods, and for classes as well. */
export interface WorkerDecorator<Self extends object = UntypedSelf>
  extends ClassUse<Self>,
    ClassMisuse,
    MethodUse<Self>,
    MemberMisuse {}

/** The correct use on a method. */
interface MethodUse<Self extends object> {
  /** Standard decorators. */
  <This, Method extends WorkerFunc>(
    method: Method,
    // Checked here: as a constraint of This, Self would also admit its bases.
    context: InstanceMethodContext<This, Method> & (This extends Self ? unknown : never),
  ): void;
  /** `experimentalDecorators`. */
  <Prototype extends Self, Method extends WorkerFunc>(
    prototype: PrototypeOnly<Prototype>,
    member: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void;
}

/** The correct use on a class. */
interface ClassUse<Self extends object> {
  /** Standard decorators. */
  <Class extends abstract new (...args: never[]) => Self>(type: Class, context: ClassDecoratorContext<Class>): void;
  /** `experimentalDecorators`. */
  <Class extends abstract new (...args: never[]) => Self>(type: Class): void;
}

type ClassMisuse = (type: AnyClass, context?: ClassDecoratorContext) => Misuse<SelfIsOfAnotherClass>;

/** The context of a standard decorator on an instance method that can be called from outside. */
export type InstanceMethodContext<This, Method extends WorkerFunc> = ClassMethodDecoratorContext<This, Method> & {
  readonly static: false;
  readonly private: false;
};

/** What a legacy decorator receives on an instance's member. On a static one it receives the class. */
export type PrototypeOnly<Value> = Value extends AnyClass ? never : Value;

/** A value, or a function that returns it from the configuration of the instance. `bootstrap` calls the function once. */
export type ValueOrOf<Self extends object, Value> = Value | ((self: Self) => Value);

/**
 * The type of `self` in a function that does not declare it, of which nothing is known: write `(self: Poller) => self.interval`.
 */
export interface UntypedSelf {
  toString(): string;
}
