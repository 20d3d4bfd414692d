import { assertEquals, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { parseMethod } from "../../src/transport/method.ts";
import vectors from "../vectors/methods.json" with { type: "json" };

Deno.test("parseMethod() gives the canonical form that the vectors have, and keeps it", () => {
  for (const { name, canonical } of vectors.methods) {
    assertEquals(parseMethod(name).uri, canonical);
    assertEquals(parseMethod(canonical).uri, canonical);
  }
});

Deno.test("parseMethod() refuses what the vectors call no method", () => {
  for (const { name, text } of vectors.faults) {
    const error = assertThrows(() => parseMethod(text), LektError, "", name);
    assertEquals(error.code, "INVALID_ARGUMENT", name);
  }
});
