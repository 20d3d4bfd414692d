/**
 * Proves over a connection that both sides know the same code
 * (`PROTOCOL.md`, section 9, "Meeting by code").
 *
 * @module
 */
import { type Connection, LektError } from "../../../mod.ts";
import type { Identity } from "../../directory/mod.ts";
import { keyThumbprint } from "../../directory/thumbprint.ts";
import {
  beginProof,
  type CodeMessage,
  encodeCodeMessage,
  fromBase64Url,
  introductionText,
  parseCodeMessage,
  toBase64Url,
} from "../../talk/code_proof.ts";
import type { Spake2Keys, Spake2Side } from "../../talk/spake2.ts";

/** How long the other side may take for each step, in milliseconds: it is a program. */
const STEP_MS = 30_000;

/** What this side proves with. */
export interface ProofOptions {
  /** The code, as `codeScalar` gives it. */
  readonly scalar: bigint;
  /** The key of this side's certificate. */
  readonly ownKey: string;
  /** Who this side is. */
  readonly identity: Identity;
  /** Ends the proof. */
  readonly signal: AbortSignal;
}

/** What is known of the other side, behind that it knows the code. */
export interface Proven {
  /** Its identity; left out where it did not tell. */
  readonly thumbprint?: string;
}

/** Reasons that the other side is told. */
const REASONS = {
  wrong: "the code is wrong; it is spent now: ask for a new one",
  used: "the code has been used already: ask for a new one",
} as const;

/**
 * Proves as the side that dialled and was given the code.
 *
 * @throws {LektError} `REJECTED` where the code is wrong on either side; `TIMEOUT`, `CLOSED` or `PROTOCOL` where the other side does not do its part.
 */
export async function proveAsInitiator(
  connection: Connection,
  options: ProofOptions,
): Promise<Proven> {
  const dialogue = new Dialogue(connection, options, "A");
  const proof = dialogue.begin();
  await dialogue.say({ step: "share", share: proof.share });
  const { share } = await dialogue.hear("share");
  const keys = proof.finish(share) ?? dialogue.fail("its share is none");
  const { confirmation } = keys;
  await dialogue.say({ step: "confirmation", confirmation });
  const answer = await dialogue.hear("confirmation");
  if (!keys.isConfirmedBy(answer.confirmation)) {
    throw new LektError(
      "REJECTED",
      "Whoever answers does not know the code",
      { by: "local", reason: "whoever answers does not know the code" },
    );
  }
  await dialogue.introduce(keys);
  return await dialogue.meet(keys);
}

/**
 * Proves as the side that waits and has given the code away.
 *
 * @param connection Somebody who has come.
 * @param options What this side proves with.
 * @param spend Spends the code, and tells whether it was still to be had; called as soon as a guess has come, and not before.
 * @throws {LektError} `REJECTED` where the code is wrong; `TIMEOUT`, `CLOSED` or `PROTOCOL` where the other side does not do its part.
 */
export async function proveAsResponder(
  connection: Connection,
  options: ProofOptions,
  spend: () => boolean,
): Promise<Proven> {
  const dialogue = new Dialogue(connection, options, "B");
  const proof = dialogue.begin();
  const { share } = await dialogue.hear("share");
  const keys = proof.finish(share) ?? dialogue.fail("its share is none");
  await dialogue.say({ step: "share", share: proof.share });
  const { confirmation } = await dialogue.hear("confirmation");
  if (!spend()) {
    await dialogue.refuse(REASONS.used);
    throw new LektError("REJECTED", "The code has been used already", {
      by: "local",
      reason: "the code has been used already",
    });
  }
  if (!keys.isConfirmedBy(confirmation)) {
    await dialogue.refuse(REASONS.wrong);
    throw new LektError("REJECTED", "The code that was given is wrong", {
      by: "local",
      reason:
        "a wrong code was given, so the code is spent: start again for a new one",
    });
  }
  await dialogue.say({
    step: "confirmation",
    confirmation: keys.confirmation,
  });
  await dialogue.introduce(keys);
  return await dialogue.meet(keys);
}

/** One side's half of a proof. */
class Dialogue {
  readonly #connection: Connection;
  readonly #options: ProofOptions;
  readonly #side: Spake2Side;

  constructor(
    connection: Connection,
    options: ProofOptions,
    side: Spake2Side,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#side = side;
  }

  /** Draws this side's secret, bound to the keys of both. */
  begin(): ReturnType<typeof beginProof> {
    const { key } = this.#connection.remote;
    if (key === undefined) this.fail("it shows no key");
    const { scalar, ownKey } = this.#options;
    const isInitiator = this.#side === "A";
    return beginProof(this.#side, scalar, {
      initiator: isInitiator ? ownKey : key,
      responder: isInitiator ? key : ownKey,
    });
  }

  /** Sends a message. */
  async say(message: CodeMessage): Promise<void> {
    await this.#connection.send(encodeCodeMessage(message));
  }

  /** Waits for the message of a step. */
  async hear<Step extends CodeMessage["step"]>(
    step: Step,
  ): Promise<CodeMessage & { step: Step }> {
    const message = await this.#receive();
    if (message?.step === "refusal") {
      const { reason } = message;
      throw new LektError(
        "REJECTED",
        `The other side refuses the code: ${reason}`,
        { by: "remote", reason },
      );
    }
    if (message?.step !== step) this.fail(`its ${step} is missing`);
    return message as CodeMessage & { step: Step };
  }

  /** Tells the other side that it is refused, and closes. */
  async refuse(reason: string): Promise<void> {
    await this.say({ step: "refusal", reason });
    await this.#connection.close(reason);
  }

  /** Ends the proof by the other side's fault. */
  fail(state: string): never {
    throw new LektError(
      "PROTOCOL",
      `The other side does not prove the code as it should: ${state}`,
    );
  }

  /** Says who this side is. */
  async introduce({ key }: Spake2Keys): Promise<void> {
    const { identity } = this.#options;
    const signature = await crypto.subtle.sign(
      "Ed25519",
      identity.privateKey,
      introductionText(this.#side, key),
    );
    await this.say({
      step: "introduction",
      key: identity.publicKey,
      signature: toBase64Url(new Uint8Array(signature)),
    });
  }

  /** Hears who the other side is. */
  async meet({ key }: Spake2Keys): Promise<Proven> {
    const introduction = await this.hear("introduction");
    if (introduction.key === undefined) return {};
    const text = introductionText(this.#side === "A" ? "B" : "A", key);
    const isSigned = await crypto.subtle.verify(
      "Ed25519",
      await importKey(introduction.key),
      fromBase64Url(introduction.signature, 64)!,
      text,
    );
    if (!isSigned) this.fail("its introduction is not signed by its key");
    return { thumbprint: keyThumbprint(introduction.key) };
  }

  async #receive(): Promise<CodeMessage | undefined> {
    const { signal } = this.#options;
    const late = new AbortController();
    const timer = setTimeout(
      () =>
        late.abort(
          new LektError(
            "TIMEOUT",
            `The other side did not prove the code within ${STEP_MS / 1_000} s`,
          ),
        ),
      STEP_MS,
    );
    try {
      const either = AbortSignal.any([signal, late.signal]);
      const message = await this.#connection.receive({ signal: either });
      if (!message) {
        throw new LektError(
          "CLOSED",
          "The other side went away before it had proved the code",
        );
      }
      // Those of a proof are short, and so are here whole or not at all.
      const bytes = message.bytesNow();
      return bytes && parseCodeMessage(bytes);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function importKey(x: string): Promise<CryptoKey> {
  const jwk = { kty: "OKP", crv: "Ed25519", x };
  return await crypto.subtle.importKey("jwk", jwk, "Ed25519", false, [
    "verify",
  ]);
}
