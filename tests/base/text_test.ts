import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { LektError } from "../../src/base/errors.ts";
import {
  cutReason,
  decodeNickname,
  decodeReason,
  decodeText,
  encodeNickname,
  encodeReason,
  harmless,
  nicknameFault,
} from "../../src/base/text.ts";

const ENCODER = new TextEncoder();

/** The ranges of section 3, both ends included. */
const FORBIDDEN_RANGES: readonly (readonly [number, number])[] = [
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0x061c, 0x061c],
  [0x200e, 0x200f],
  [0x2028, 0x2029],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
  [0xfeff, 0xfeff],
];

function isForbidden(code: number): boolean {
  return FORBIDDEN_RANGES.some(([low, high]) => code >= low && code <= high);
}

Deno.test("nicknameFault() forbids exactly the characters of section 3", () => {
  for (let code = 0; code <= 0x10_ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const fault = nicknameFault(`a${String.fromCodePoint(code)}`);
    if ((fault !== undefined) !== isForbidden(code)) {
      throw new Error(`U+${code.toString(16)}: ${fault}`);
    }
  }
});

Deno.test("nicknameFault() names the fault", () => {
  assertEquals(nicknameFault("alice"), undefined);
  assertEquals(nicknameFault(" a "), undefined);
  assertEquals(nicknameFault(""), "is empty");
  assertEquals(nicknameFault("a\ud800"), "is not well-formed Unicode");
  assertEquals(nicknameFault("\udc00a"), "is not well-formed Unicode");
  assertEquals(nicknameFault("a\nb"), "holds the forbidden character U+000A");
  assertEquals(
    nicknameFault("\uFEFFa"),
    "holds the forbidden character U+FEFF",
  );
});

Deno.test("nicknameFault() counts bytes, not characters", () => {
  for (const size of [1, 254, 255]) {
    assertEquals(nicknameFault("x".repeat(size)), undefined);
  }
  assertEquals(nicknameFault("€".repeat(85)), undefined);
  for (
    const long of [
      "x".repeat(256),
      "€".repeat(86),
      "é".repeat(128),
      "x".repeat(1e6),
    ]
  ) {
    assertEquals(nicknameFault(long), "is longer than 255 bytes");
  }
});

Deno.test("encodeNickname() throws INVALID_ARGUMENT with harmless text", () => {
  assertEquals(encodeNickname("zoë"), ENCODER.encode("zoë"));
  const bad: unknown[] = [
    "",
    "a\x1b[2J",
    "x".repeat(256),
    "\ud800",
    7,
    undefined,
  ];
  for (const nickname of bad) {
    const error = assertThrows(
      () => encodeNickname(nickname as string),
      LektError,
      "Cannot use the nickname",
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(!error.message.includes("\x1b"));
    assert(error.message.length < 400);
  }
});

Deno.test("decodeNickname() keeps every byte and refuses what section 3 forbids", () => {
  const good = ["a", " a ", "zoë", "𝒶", "x".repeat(255), "€".repeat(85)];
  for (const nickname of good) {
    assertEquals(decodeNickname(ENCODER.encode(nickname)), { nickname });
  }
  const bad: [number[], string, "H-4" | "H-5" | "T-1"][] = [
    [[], "is empty", "H-4"],
    [new Array(256).fill(0x61), "is longer than 255 bytes", "H-4"],
    [[0x61, 0x80], "is not well-formed UTF-8", "T-1"],
    [[0xc0, 0x80], "is not well-formed UTF-8", "T-1"],
    [[0xed, 0xa0, 0x80], "is not well-formed UTF-8", "T-1"],
    [[0xef, 0xbb, 0xbf, 0x61], "holds the forbidden character U+FEFF", "H-5"],
    [[0x61, 0x00], "holds the forbidden character U+0000", "H-5"],
  ];
  for (const [bytes, fault, ruleId] of bad) {
    assertEquals(decodeNickname(Uint8Array.from(bytes)), { fault, ruleId });
  }
});

Deno.test("decodeText() keeps a byte order mark and refuses malformed UTF-8", () => {
  assertEquals(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\uFEFFa");
  assertEquals(decodeText(new Uint8Array(0)), "");
  assertEquals(decodeText(Uint8Array.of(0xff)), undefined);
});

Deno.test("cutReason() cuts at a character boundary to 1023 bytes", () => {
  for (const size of [0, 1, 1_022, 1_023]) {
    assertEquals(cutReason("x".repeat(size)), "x".repeat(size));
  }
  assertEquals(cutReason("x".repeat(1_024)), "x".repeat(1_023));
  assertEquals(cutReason("x".repeat(1e6)), "x".repeat(1_023));
  assertEquals(cutReason("€".repeat(341)), "€".repeat(341));
  assertEquals(cutReason("x" + "€".repeat(341)), "x" + "€".repeat(340));
  assertEquals(cutReason("𝒶".repeat(256)), "𝒶".repeat(255));
  assertEquals(cutReason("x".repeat(1_022) + "é"), "x".repeat(1_022));
});

Deno.test("cutReason() replaces NUL and lone surrogates", () => {
  assertEquals(cutReason("a\0b\0"), "a\uFFFDb\uFFFD");
  assertEquals(cutReason("a\ud800b\udc00"), "a\uFFFDb\uFFFD");
  assertEquals(cutReason("line\n\x1b"), "line\n\x1b");
});

Deno.test("any reason that was cut is read back as it is", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.nat(0xffff).map((u) => String.fromCharCode(u)),
        maxLength: 1_200,
      }),
      (reason) => {
        const bytes = encodeReason(reason);
        assert(bytes.length <= 1_023);
        assertEquals(decodeReason(bytes), cutReason(reason));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("decodeReason() refuses what is too long, holds NUL or is malformed", () => {
  assertEquals(decodeReason(new Uint8Array(0)), "");
  assertEquals(decodeReason(ENCODER.encode("\uFEFFno\n")), "\uFEFFno\n");
  assertEquals(decodeReason(new Uint8Array(1_023).fill(0x61))?.length, 1_023);
  assertEquals(decodeReason(new Uint8Array(1_024).fill(0x61)), undefined);
  assertEquals(decodeReason(Uint8Array.of(0x61, 0)), undefined);
  assertEquals(decodeReason(Uint8Array.of(0xff)), undefined);
});

Deno.test("harmless() shows each forbidden character as an escape and keeps the rest", () => {
  assertEquals(harmless("zoë says hi 𝒶 \u200d"), "zoë says hi 𝒶 \u200d");
  assertEquals(harmless("\x1b[31mred\r\n"), "\\u{1b}[31mred\\u{d}\\u{a}");
  assertEquals(harmless("a\u202Eb\uFEFF\x9b"), "a\\u{202e}b\\u{feff}\\u{9b}");
  for (const [low, high] of FORBIDDEN_RANGES) {
    for (let code = low; code <= high; code++) {
      const shown = harmless(`a${String.fromCharCode(code)}b`);
      assertStringIncludes(shown, `\\u{${code.toString(16)}}`);
      assertEquals(nicknameFault(shown), undefined);
    }
  }
});
