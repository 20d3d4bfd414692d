/**
 * Stand-in for `@std/assert` on machines that cannot reach JSR: the functions
 * that this project uses, with the same behaviour, on `node:assert/strict`.
 * Only `assertEquals` and `assertNotEquals` follow Node where the two differ:
 * Node tells 0 from -0 and `{}` from an object without prototype, and compares
 * errors by their messages instead of their stacks.
 *
 * @module
 */
import strict from "node:assert/strict";

/** The error that a failed assertion throws. */
export class AssertionError extends Error {
  /** Makes the error with its message. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

function suffix(message = ""): string {
  return message ? `: ${message}` : ".";
}

function check(run: () => void, message?: string): void {
  try {
    run();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new AssertionError(message ? `${text}: ${message}` : text);
  }
}

/** Asserts that `value` is truthy. */
export function assert(value: unknown, message = ""): asserts value {
  if (!value) throw new AssertionError(message);
}

/** Asserts deep equality. */
export function assertEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  check(() => strict.deepStrictEqual(actual, expected), message);
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  check(() => strict.notDeepStrictEqual(actual, expected), message);
}

/** Asserts identity (`Object.is`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  check(() => strict.strictEqual(actual, expected), message);
}

/** Asserts that `value` is neither `null` nor `undefined`. */
export function assertExists<T>(
  value: T,
  message?: string,
): asserts value is NonNullable<T> {
  if (value === null || value === undefined) {
    throw new AssertionError(
      `Expected actual: "${value}" to not be null or undefined${
        suffix(message)
      }`,
    );
  }
}

// deno-lint-ignore no-explicit-any -- the signature of @std/assert
type Class<T> = abstract new (...args: any[]) => T;

/** Asserts that `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T extends Class<unknown>>(
  actual: unknown,
  expectedType: T,
  message = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected an instance of "${expectedType.name}", got "${actual}"${
      suffix(message)
    }`,
  );
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      `Expected actual: "${actual}" to contain: "${expected}"${
        suffix(message)
      }`,
    );
  }
}

/** Asserts that `actual` matches `expected`. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void {
  if (!expected.test(actual)) {
    throw new AssertionError(
      `Expected actual: "${actual}" to match: "${expected}"${suffix(message)}`,
    );
  }
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  if (!(actual > expected)) {
    throw new AssertionError(message ?? `Expect ${actual} > ${expected}`);
  }
}

/** Asserts `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  if (!(actual >= expected)) {
    throw new AssertionError(message ?? `Expect ${actual} >= ${expected}`);
  }
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  if (!(actual < expected)) {
    throw new AssertionError(message ?? `Expect ${actual} < ${expected}`);
  }
}

/** Asserts `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  if (!(actual <= expected)) {
    throw new AssertionError(message ?? `Expect ${actual} <= ${expected}`);
  }
}

function checkError(
  error: unknown,
  type: Class<Error> | undefined,
  includes = "",
  message = "",
): void {
  if (!type) return;
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `A non-Error object was thrown or rejected${suffix(message)}`,
    );
  }
  if (!(error instanceof type)) {
    throw new AssertionError(
      `Expected error to be instance of "${type.name}", but was "${
        String(error)
      }"${suffix(message)}`,
      { cause: error },
    );
  }
  if (!error.message.includes(includes)) {
    throw new AssertionError(
      `Expected error message to include "${includes}", but got "${error.message}"${
        suffix(message)
      }`,
      { cause: error },
    );
  }
}

/** Asserts that `run` throws, and returns what it threw. */
export function assertThrows(run: () => unknown, message?: string): unknown;
/** Asserts that `run` throws an error of class `type` whose message includes `includes`, and returns it. */
export function assertThrows<E extends Error = Error>(
  run: () => unknown,
  type: Class<E>,
  includes?: string,
  message?: string,
): E;
export function assertThrows(
  run: () => unknown,
  typeOrMessage?: Class<Error> | string,
  includes?: string,
  message?: string,
): unknown {
  const [type, text] = typeof typeOrMessage === "string"
    ? [undefined, typeOrMessage]
    : [typeOrMessage, message];
  try {
    run();
  } catch (error) {
    checkError(error, type, includes, text);
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(text)}`);
}

/** Asserts that the promise of `run` rejects, and resolves with the reason. */
export function assertRejects(
  run: () => PromiseLike<unknown>,
  message?: string,
): Promise<unknown>;
/** Asserts that the promise of `run` rejects with an error of class `type` whose message includes `includes`, and resolves with it. */
export function assertRejects<E extends Error = Error>(
  run: () => PromiseLike<unknown>,
  type: Class<E>,
  includes?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(
  run: () => PromiseLike<unknown>,
  typeOrMessage?: Class<Error> | string,
  includes?: string,
  message?: string,
): Promise<unknown> {
  const [type, text] = typeof typeOrMessage === "string"
    ? [undefined, typeOrMessage]
    : [typeOrMessage, message];
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = run();
  } catch {
    // A synchronous throw is no rejection: handled below, like a missing promise.
  }
  if (typeof promise?.then !== "function") {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(text)}`,
    );
  }
  try {
    await promise;
  } catch (error) {
    checkError(error, type, includes, text);
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(text)}`);
}

/** Throws an {@linkcode AssertionError}. */
export function fail(message?: string): never {
  throw new AssertionError(`Failed assertion${suffix(message)}`);
}

/** Marks a place that cannot be reached. */
export function unreachable(reason?: string): never {
  throw new AssertionError(`Unreachable${suffix(reason)}`);
}
