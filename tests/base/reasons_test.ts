import { assertEquals } from "@std/assert";
import {
  deepest,
  fileReason,
  type Meaning,
  quoted,
  reasonOf,
  withDetail,
} from "../../src/base/reasons.ts";

/** An error as the system's are: with its code, and words for programmers. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

Deno.test("fileReason() says what each error of a file means", () => {
  for (
    const [code, meaning] of [
      ["ENOENT", "there is no such file or folder"],
      ["EACCES", "its permissions, or those of its folder, forbid it"],
      ["EISDIR", "it is a folder"],
      ["ENOTDIR", "a part of its path is a file, and not a folder"],
      ["EEXIST", "a file of that name is there already"],
      ["ENOSPC", "the disk is full"],
      ["EROFS", "its disk can only be read"],
      ["ENAMETOOLONG", "its name is too long for the system"],
      ["EIO", "its disk has failed"],
      ["EPIPE", "nobody reads it any more"],
      ["ENOMEM", "the system is short of memory"],
    ] as const
  ) {
    const error = systemError(code, "Nothing (os error 1): open '/x'");
    assertEquals(fileReason(error), meaning);
    // What lies beneath knows more than what was made of it.
    assertEquals(fileReason(new Error("failed", { cause: error })), meaning);
  }
});

Deno.test("an error whose meaning is not known is quoted, harmless and short", () => {
  assertEquals(fileReason("odd\nthing"), "odd\\u{a}thing");
  assertEquals(
    quoted(new Error("Something odd (os error 99): stat '/x'")),
    "Something odd",
  );
  assertEquals(quoted("x".repeat(1_000)).length, 300);
  const loop = new Error("round");
  loop.cause = loop;
  assertEquals(reasonOf(loop, []), "round");
});

Deno.test("reasonOf() puts what was said before the advice", () => {
  const meanings: Meaning[] = [[/ODD/, "it is odd; turn it; or not"]];
  assertEquals(
    reasonOf(systemError("ODD", "said"), meanings),
    "it is odd (said); turn it; or not",
  );
  assertEquals(withDetail("plain", "said"), "plain (said)");
});

Deno.test("deepest() follows eight causes, and no more", () => {
  const chain = (length: number): Error => {
    let error = new Error("0");
    for (let depth = 1; depth <= length; depth++) {
      error = new Error(`${depth}`, { cause: error });
    }
    return error;
  };
  for (const [length, message] of [[7, "0"], [8, "0"], [9, "1"]] as const) {
    assertEquals((deepest(chain(length)) as Error).message, message);
  }
});
