/**
 * Stand-in for `@std/assert` on machines that cannot reach JSR: the functions
 * that this project uses, with the same behaviour, on `node:assert/strict`.
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
  message = `Expected actual to be neither null nor undefined: ${value}`,
): asserts value is NonNullable<T> {
  if (value === null || value === undefined) throw new AssertionError(message);
}

// deno-lint-ignore no-explicit-any -- the signature of @std/assert
type ErrorClass<E extends Error> = new (...args: any[]) => E;

/** Asserts that `value` is an instance of `type`. */
export function assertInstanceOf<T>(
  value: unknown,
  // deno-lint-ignore no-explicit-any -- the signature of @std/assert
  type: new (...args: any[]) => T,
  message = `Expected an instance of ${type.name}, got ${String(value)}`,
): asserts value is T {
  if (!(value instanceof type)) throw new AssertionError(message);
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      message ?? `Expected actual: "${actual}" to contain: "${expected}"`,
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
      message ?? `Expected actual: "${actual}" to match: "${expected}"`,
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

function checkError<E extends Error>(
  error: unknown,
  type?: ErrorClass<E>,
  includes?: string,
): void {
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was thrown: ${String(error)}`);
  }
  if (type) assertInstanceOf(error, type);
  if (includes !== undefined) assertStringIncludes(error.message, includes);
}

/** Asserts that `run` throws, and returns what it threw. */
export function assertThrows<E extends Error = Error>(
  run: () => unknown,
  type?: ErrorClass<E>,
  includes?: string,
): E {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
    checkError(error, type, includes);
    return caught as E;
  }
  throw new AssertionError("Expected function to throw.");
}

/** Asserts that the promise of `run` rejects, and resolves with the reason. */
export async function assertRejects<E extends Error = Error>(
  run: () => PromiseLike<unknown>,
  type?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = run();
  } catch {
    throw new AssertionError(
      "Function throws when expected to reject.",
    );
  }
  try {
    await promise;
  } catch (error) {
    checkError(error, type, includes);
    return error as E;
  }
  throw new AssertionError("Expected function to reject.");
}

/** Throws an {@linkcode AssertionError}. */
export function fail(message?: string): never {
  throw new AssertionError(`Failed assertion${message ? `: ${message}` : "."}`);
}

/** Marks a place that cannot be reached. */
export function unreachable(reason?: string): never {
  throw new AssertionError(`Unreachable${reason ? `: ${reason}` : "."}`);
}
