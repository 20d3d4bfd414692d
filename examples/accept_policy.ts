/**
 * Decides who may talk: a list of those who always may, a question to a person
 * for all others, a reason for each no, and a bound on how long that may take.
 * Both sides decide, so the one who connects may say no as well.
 *
 * deno run --allow-net=127.0.0.1 examples/accept_policy.ts
 */
import {
  type Accept,
  connect,
  LektError,
  listen,
  type Remote,
} from "@lekt/lekt";
import { assertEquals } from "@std/assert";

const FRIENDS = new Set(["alice"]);

/** What the person at the door says; who is not named here gets no answer. */
const PERSON: Record<string, boolean> = {
  carol: true,
  erin: true,
  mallory: false,
};

/** Stands for a question at a terminal; `signal` takes it back. */
function ask(nickname: string, signal: AbortSignal): Promise<boolean> {
  const answer = PERSON[nickname];
  if (answer !== undefined) return Promise.resolve(answer);
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

async function decide(
  remote: Remote,
  { signal }: { signal: AbortSignal },
): Promise<boolean | string> {
  if (FRIENDS.has(remote.nickname)) return true;
  return await ask(remote.nickname, signal) || "bob does not know you";
}

const turnedAway: string[] = [];
const allTurnedAway = Promise.withResolvers<void>();
await using listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: decide,
  limits: { decisionTimeoutMs: 250 }, // leave a person the default: a minute
  onFailure: (error, remote) => {
    turnedAway.push(`${remote.nickname}: ${error.code}`);
    if (turnedAway.length === 3) allTurnedAway.resolve();
  },
});

listener.serve(async (connection) => {
  await connection.send(`welcome, ${connection.remote.nickname}`);
});

/** Connects, and tells how that ended. */
async function visit(
  nickname: string,
  accept: Accept = () => true,
): Promise<string> {
  try {
    await using bob = await connect(listener.methods, { nickname, accept });
    return await (await bob.receive())?.text() ?? "nothing was said";
  } catch (error) {
    if (!(error instanceof LektError)) throw error;
    return `${error.code} by ${error.by}: ${error.reason}`;
  }
}

const outcomes = {
  alice: await visit("alice", ({ nickname }) => nickname === "bob"),
  carol: await visit("carol"),
  mallory: await visit("mallory"),
  erin: await visit("erin", () => "I wanted somebody else"),
  dave: await visit("dave"),
};
await allTurnedAway.promise;
console.table(outcomes);
console.log(turnedAway);

assertEquals(outcomes, {
  alice: "welcome, alice", // a friend
  carol: "welcome, carol", // the person says yes
  mallory: "REJECTED by remote: bob does not know you", // the person says no
  erin: "REJECTED by local: I wanted somebody else", // she says no herself
  dave: "REJECTED by remote: no answer", // the person does not answer in time
});
assertEquals(turnedAway.sort(), [
  "dave: TIMEOUT",
  "erin: REJECTED",
  "mallory: REJECTED",
]);
