import { assert, assertEquals } from "@std/assert";
import type { Remote } from "../../mod.ts";
import {
  describePeer,
  isDoubtful,
  proofOf,
  shownNickname,
} from "../../src/peer/proof.ts";

const THUMBPRINT = "ZQ3nNN-2lgucNxGwsI7RxNvmnqObu1dID4qEUG6Szhc";

Deno.test("a peer is named with what is proved of it, and with the beginning of its identity", () => {
  const nickname = "alice";
  assertEquals(
    describePeer({ nickname, verified: true, thumbprint: THUMBPRINT }),
    "alice#ZQ3nNN-2…, verified",
  );
  assertEquals(
    describePeer({ nickname, verified: false }),
    'somebody who calls itself "alice"',
  );
  assertEquals(describePeer({ nickname }), "alice");
  const proof = {
    verified: true,
    thumbprint: THUMBPRINT,
    hasCode: true,
  } as const;
  assertEquals(
    describePeer({ nickname, ...proof }),
    "alice, who has the code",
  );
});

Deno.test("what is proved is told where a directory knows others, and nothing is where none does", () => {
  const remote = { verified: true, thumbprint: THUMBPRINT } as Remote;
  assertEquals(proofOf(remote, true), {
    verified: true,
    thumbprint: THUMBPRINT,
  });
  assertEquals(proofOf({ ...remote, verified: false }, true), {
    verified: false,
  });
  assertEquals(proofOf(remote, false), {});
});

Deno.test("a nickname that only looks like a verified one stands between quotes", () => {
  const longer = ["alice, verified", "alice#ZQ3nNN-2, verified", "alice: yes"];
  for (const nickname of longer) {
    assertEquals(shownNickname(nickname), `"${nickname}"`);
    assertEquals(describePeer({ nickname }), `"${nickname}"`);
    assertEquals(
      describePeer({ nickname, verified: false }),
      `somebody who calls itself "${nickname}"`,
    );
  }
});

Deno.test("a nickname that could pass for another one is spelt out", () => {
  const alike: [nickname: string, shown: string][] = [
    ["bob ", "bob\\u{20}"],
    [" bob", "\\u{20}bob"],
    ["b\u200Bob", "b\\u{200b}ob"],
    ["bob\u00AD", "bob\\u{ad}"],
    ["b\u043Eb", "b\\u{43e}b"],
    ["b\u03BFb", "b\\u{3bf}b"],
    ["\uFF42ob", "\\u{ff42}ob"],
    ["bo\u00A0b", "bo\\u{a0}b"],
    ["bob\u{E0020}", "bob\\u{e0020}"],
    ["bob\u3164", "bob\\u{3164}"],
  ];
  for (const [nickname, shown] of alike) {
    assertEquals(
      describePeer({ nickname, verified: true, thumbprint: THUMBPRINT }),
      `"${shown}"#ZQ3nNN-2…, verified`,
    );
    assertEquals(describePeer({ nickname }), `"${shown}"`);
    assertEquals(shownNickname(nickname), `"${shown}"`);
    assert(isDoubtful(nickname));
  }
});

Deno.test("ordinary nicknames of all scripts are shown as they are", () => {
  const names = [
    "Bob",
    "bob smith",
    "Zoë",
    "Ольга",
    "Ελένη",
    "山田太郎",
    "たろう山田T",
  ];
  for (const nickname of [...names, "Nguyễn", "أحمد", "דוד", "민수", "🚀"]) {
    assertEquals(describePeer({ nickname }), nickname);
  }
});
