/**
 * Functions of the system that do what a test wants of them.
 *
 * @module
 */

/** Replaces members of `Deno` while something runs. */
export async function replacing(
  members: Partial<typeof Deno>,
  run: () => Promise<void>,
): Promise<void> {
  const before = Object.fromEntries(
    Object.keys(members).map((name) => [name, Reflect.get(Deno, name)]),
  );
  Object.assign(Deno, members);
  try {
    await run();
  } finally {
    Object.assign(Deno, before);
  }
}

/** Lets nothing pass. */
export function refuse(): Promise<never> {
  return Promise.reject(new Deno.errors.PermissionDenied("not here"));
}
