/**
 * A program that talks until it is killed: `talker.ts METHOD SEED`. Sends and
 * receives messages that say which they are; ends by itself where one is wrong.
 *
 * @module
 */
import { connect } from "../../mod.ts";
import { assertMessage, messageOf } from "./told.ts";

const [method, seed] = [Deno.args[0]!, Number(Deno.args[1])];
const connection = await connect(method, { nickname: "talker" });

async function talk(): Promise<never> {
  for (let number = 0;; number++) {
    await connection.send(messageOf(seed, number));
  }
}

async function listen(): Promise<void> {
  let number = 0;
  for await (const message of connection) {
    assertMessage(await message.bytes(), seed + 1, number++);
  }
}

await Promise.all([talk(), listen()]);
