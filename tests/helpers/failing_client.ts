/**
 * Connects to the methods named as arguments, one after the other, and prints
 * the code and the text of each failure.
 *
 * @module
 */
import { connect, LektError } from "../../mod.ts";

for (const method of Deno.args) {
  try {
    await connect(method, { nickname: "alice" });
  } catch (error) {
    if (!(error instanceof LektError)) throw error;
    console.log(`${error.code}: ${error.message}`);
  }
}
