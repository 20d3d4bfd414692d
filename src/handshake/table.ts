/**
 * The states of a handshake, what each waits for, and what leads from one to
 * the next. All that decides about a transition stands in this file.
 *
 * # The theory
 *
 * A handshake is two decisions, taken one after the other. The initiator asks
 * (Handshake), the responder decides and answers, the initiator decides and
 * answers. So at any moment it is exactly one side's turn, and each side is in
 * one of three situations:
 *
 * - It *waits for a packet*: `awaitingHandshake` (responder), `awaitingAnswer`
 *   (initiator), `awaitingAccept` (responder). {@linkcode EXPECTATIONS} says
 *   which packets each allows. Bytes are judged one by one, and the first that shows a
 *   fault decides.
 * - It *decides*: `deciding`. It is this side's turn, so the other side must be
 *   silent: any byte is a fault. The application decides, and time is limited.
 * - It is *over*: `connected`, or `closed`, or, on the way to that, `lingering`:
 *   a Reject has been sent and must not be lost to a TCP reset, so what still
 *   arrives is read and dropped until the other side ends its stream too.
 *
 * A fault is answered with a Reject exactly where the packet that shows it
 * would have made it this side's turn to decide, and where it is certain that the other side
 * speaks this protocol at all (its first eight bytes are good). In every other case
 * there is nothing to answer, and this side closes without a word. That is why
 * `refused` leads to `lingering` and stands in the states that lead to
 * `deciding`, and `faulted` leads to `closed` and stands everywhere.
 *
 * ```text
 *           initiator                          responder
 *
 *        awaitingAnswer                    awaitingHandshake
 *              | packetRead                        | packetRead
 *              v                                   v
 *           deciding                            deciding
 *              | accepted                          | accepted
 *              |                                   v
 *              |                             awaitingAccept
 *              |                                   | packetRead
 *              v                                   v
 *          connected                           connected
 *
 *   refused, rejected, lateAnswerable --> lingering --lingered--> closed
 *   faulted, rejectRead, ended, late  --> closed
 * ```
 *
 * Time is part of it: each state but `connected` and `closed` has a deadline,
 * and whoever decides gets less time than the other side waits, so that
 * who is late says so itself first.
 *
 * @module
 */
import { type Expectation, PACKET_TYPE } from "./packets.ts";

/** Which of the two peers: the one that opened the connection, or the one that was connected to. */
export type Role = "initiator" | "responder";

/**
 * Where a handshake is ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), section 2).
 *
 * | state | what happens in it |
 * | --- | --- |
 * | `awaitingHandshake` | the responder reads the initiator's Handshake |
 * | `awaitingAnswer` | the initiator waits for the responder's decision |
 * | `deciding` | this side decides; the other one must be silent |
 * | `awaitingAccept` | the responder has accepted and waits for the initiator's decision |
 * | `connected` | both have accepted: message packets follow |
 * | `lingering` | a Reject is sent; what still arrives is dropped until the other side's end of stream |
 * | `closed` | it failed, and the transport is to be closed |
 */
export type HandshakeState =
  | "awaitingHandshake"
  | "awaitingAnswer"
  | "deciding"
  | "awaitingAccept"
  | "connected"
  | "lingering"
  | "closed";

/**
 * What can happen to a handshake.
 *
 * | input | what happened |
 * | --- | --- |
 * | `packetRead` | the packet that this state waits for is there, whole and good |
 * | `rejectRead` | a Reject is there, whole, or its reason is malformed |
 * | `refused` | another major version, or a bad nickname, where it would be this side's turn |
 * | `faulted` | any other byte that must not be there |
 * | `ended` | the other side's stream ended, or the transport broke |
 * | `late` | the deadline passed and there is nobody, or nothing, to answer |
 * | `lateAnswerable` | the deadline passed, and the other side is told |
 * | `accepted`, `rejected` | this side's own decision |
 * | `lingered` | the Reject is written, and the other side has ended or sent too much |
 */
export type HandshakeInput =
  | "packetRead"
  | "rejectRead"
  | "refused"
  | "faulted"
  | "ended"
  | "late"
  | "lateAnswerable"
  | "accepted"
  | "rejected"
  | "lingered";

/** Where each input leads from one state; an input that is not there cannot happen in it. */
export type Transitions = Partial<Record<HandshakeInput, HandshakeState>>;

const LINGERING: Transitions = {
  lingered: "closed",
  ended: "closed",
  late: "closed",
};

/** Where each input leads, by role and state. */
export const TRANSITIONS: Record<
  Role,
  Partial<Record<HandshakeState, Transitions>>
> = {
  initiator: {
    awaitingAnswer: {
      packetRead: "deciding",
      rejectRead: "closed",
      refused: "lingering",
      faulted: "closed",
      ended: "closed",
      late: "closed",
    },
    deciding: {
      accepted: "connected",
      rejected: "lingering",
      faulted: "closed",
      ended: "closed",
      lateAnswerable: "lingering",
    },
    lingering: LINGERING,
  },
  responder: {
    awaitingHandshake: {
      packetRead: "deciding",
      refused: "lingering",
      faulted: "closed",
      ended: "closed",
      late: "closed",
      lateAnswerable: "lingering",
    },
    deciding: {
      accepted: "awaitingAccept",
      rejected: "lingering",
      faulted: "closed",
      ended: "closed",
      lateAnswerable: "lingering",
    },
    awaitingAccept: {
      packetRead: "connected",
      rejectRead: "closed",
      faulted: "closed",
      ended: "closed",
      late: "closed",
    },
    lingering: LINGERING,
  },
};

/** What may be read in the states that wait for a packet; in the others nothing may come, or nothing is looked at. */
export const EXPECTATIONS: Partial<Record<HandshakeState, Expectation>> = {
  awaitingHandshake: {
    type: PACKET_TYPE.handshake,
    hasNickname: true,
    mayReject: false,
  },
  awaitingAnswer: {
    type: PACKET_TYPE.accept,
    hasNickname: true,
    mayReject: true,
  },
  awaitingAccept: {
    type: PACKET_TYPE.accept,
    hasNickname: false,
    mayReject: true,
  },
};
