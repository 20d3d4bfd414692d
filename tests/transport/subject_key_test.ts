// Lengths in a certificate, in each of the forms that DER has.
import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { LektError } from "../../src/base/errors.ts";
import { subjectKey } from "../../src/transport/subject_key.ts";

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** An element of DER, whose length is in as many bytes as are needed, or as it says. */
function element(
  tag: number,
  content: Uint8Array,
  length = lengthOf(content.length),
): Uint8Array {
  return concat([Uint8Array.of(tag, ...length), content]);
}

function lengthOf(size: number): number[] {
  if (size < 0x80) return [size];
  return size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
}

const NOTHING = new Uint8Array(0);

/** A certificate of which only what is looked at is there; `serial` and `version` are elements. */
function certificate(
  serial = element(INTEGER, Uint8Array.of(1)),
  version = element(INTEGER, Uint8Array.of(2)),
): Uint8Array {
  const body = element(
    SEQUENCE,
    concat([
      element(0xa0, version),
      serial,
      ...Array.from({ length: 4 }, () => element(SEQUENCE, NOTHING)),
      element(SEQUENCE, Uint8Array.of(7, 8, 9)),
    ]),
  );
  return element(SEQUENCE, body);
}

function faultOf(der: Uint8Array): string {
  return assertThrows(() => subjectKey(der), LektError).message;
}

Deno.test("lengths of up to 65,535 bytes are read in the shortest form, which has up to three bytes", () => {
  const key = element(SEQUENCE, Uint8Array.of(7, 8, 9));
  for (const size of [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x101, 0xf000]) {
    const serial = element(INTEGER, new Uint8Array(size));
    assertEquals(subjectKey(certificate(serial)), key);
  }
});

Deno.test("a length that has a shorter form, or more than three bytes, is refused", () => {
  const odds: [size: number, length: number[], fault: string][] = [
    [0x7f, [0x81, 0x7f], "not minimal"],
    [0, [0x81, 0], "not minimal"],
    [0xff, [0x82, 0, 0xff], "not minimal"],
    [0x7f, [0x82, 0, 0x7f], "not minimal"],
    [0x100, [0x83, 0, 1, 0], "too long"],
    [0, [0x80], "too long"],
    [5, [0x84, 0, 0, 0, 5], "too long"],
  ];
  for (const [size, length, fault] of odds) {
    const serial = element(INTEGER, new Uint8Array(size), length);
    const said = faultOf(certificate(serial));
    assertEquals([length, said.includes(fault)], [length, true]);
  }
});

Deno.test("an element may end where the certificate does, and not a byte behind", () => {
  const der = certificate();
  assertEquals(faultOf(der.subarray(0, -1)).includes("cut short"), true);
  const longer = element(SEQUENCE, der.subarray(2), [der.length - 1]);
  assertEquals(faultOf(longer).includes("cut short"), true);
  const inner = concat([der, Uint8Array.of(0)]);
  assertEquals(faultOf(inner).includes("trailing"), true);
});

Deno.test("each part of a certificate has its own kind", () => {
  const serial = element(0x04, Uint8Array.of(1));
  assertEquals(faultOf(certificate(serial)).includes("expected tag 2"), true);
});

Deno.test("the version is 3, as one byte of 2", () => {
  for (
    const version of [
      element(INTEGER, Uint8Array.of(1)),
      element(INTEGER, Uint8Array.of(3)),
      element(INTEGER, Uint8Array.of(2, 2)),
      element(INTEGER, NOTHING),
    ]
  ) {
    assertEquals(
      faultOf(certificate(undefined, version)).includes("version"),
      true,
    );
  }
  const older = element(SEQUENCE, element(SEQUENCE, element(INTEGER, NOTHING)));
  assertEquals(faultOf(older).includes("its version is not 3"), true);
});
