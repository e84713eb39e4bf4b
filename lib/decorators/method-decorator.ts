import type { WorkerFunc } from "../chain/worker.js";

/**
 * A decorator for methods that fit `(context: WorkerContext)`, in both dialects. Fields, accessors, static and `#private`
 * methods do not compile.
 * @typeParam Self the class it may be used in, for an option that is a function of the instance
 */
export interface WorkerMethodDecorator<Self extends object = object> {
  /** Standard decorators. */
  <This, Method extends WorkerFunc>(
    method: Method,
    // Checked here: as a constraint of This, Self would also admit its bases.
    context: InstanceMethodContext<This, Method> & (This extends Self ? unknown : never),
  ): void;
  /** `experimentalDecorators`. */
  <Method extends WorkerFunc>(
    prototype: Self & NoClass,
    member: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void;
}

/** A decorator for such methods, and for classes as well. */
export interface WorkerDecorator<Self extends object = object> extends WorkerMethodDecorator<Self> {
  /** Standard decorators. */
  <Class extends abstract new (...args: never[]) => Self>(type: Class, context: ClassDecoratorContext<Class>): void;
  /** `experimentalDecorators`. */
  <Class extends abstract new (...args: never[]) => Self>(type: Class): void;
}

/** The context of a standard decorator on an instance method that can be called from outside. */
export type InstanceMethodContext<This, Method extends WorkerFunc> = ClassMethodDecoratorContext<This, Method> & {
  readonly static: false;
  readonly private: false;
};

/**
 * The prototype that a legacy decorator receives on an instance's member. On a static one it receives the class, which has a
 * prototype.
 */
export type NoClass = object & { readonly prototype?: never };

/** A value, or a function that returns it from the configuration of the instance. `bootstrap` calls the function once. */
export type ValueOrOf<Self extends object, Value> = Value | ((self: Self) => Value);
