/**
 * One side of `cable_pull.ts`: all scenes on all methods at once.
 *
 * @module
 */
import { connect, type Connection, LektError, listen } from "../../mod.ts";
import {
  type Report,
  type Scene,
  SCENES,
  type Settings,
} from "./cable_scenes.ts";

const CHUNK = new Uint8Array(256 * 1024);

const GIBIBYTE = 1024 ** 3;

/** So much of a message has arrived when it is in its middle. */
const MIDDLE = 32 * 1024 ** 2;

const settings: Settings = JSON.parse(Deno.args[0]!);

function report(
  kind: Report["kind"],
  method: string,
  scene: Scene = "idle",
  code = "",
): void {
  const { role } = settings;
  const line: Report = { kind, role, method, scene, code, atMs: Date.now() };
  console.log(JSON.stringify(line));
}

function codeOf(error: unknown): string {
  return error instanceof LektError ? error.code : String(error);
}

async function* gibibyte(): AsyncGenerator<Uint8Array> {
  for (let size = 0; size < GIBIBYTE; size += CHUNK.length) yield CHUNK;
}

/** Reads a message, slowly enough for it to be still under way when all are in their middle. */
async function readSlowly(
  connection: Connection,
  onMiddle: () => void,
): Promise<void> {
  const message = await connection.receive();
  let size = 0;
  let isTold = false;
  for await (const chunk of message!.body) {
    size += chunk.length;
    if (size > MIDDLE && !isTold) {
      isTold = true;
      onMiddle();
    }
    if (isTold) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One side of a connection until it is over. */
async function play(
  connection: Connection,
  method: string,
  scene: Scene,
): Promise<void> {
  const isMine = scene.endsWith(settings.role);
  const onMiddle = (): void => report("ready", method, scene);
  if (scene.startsWith("message")) {
    const playing = isMine
      ? readSlowly(connection, onMiddle)
      : connection.send(gibibyte());
    playing.catch(() => {});
  } else if (settings.role === "alice") {
    onMiddle();
  }
  const { error } = await connection.closed;
  report("over", method, scene, error ? codeOf(error) : "in order");
}

/** A decision that is never made. */
function ponder(method: string, scene: Scene): Promise<boolean> {
  report("ready", method, scene);
  return new Promise(() => {});
}

async function beBob(): Promise<void> {
  for (const uri of settings.methods) {
    const listener = await listen({
      nickname: "bob",
      methods: uri,
      tls: settings.certificate,
      accept: ({ nickname, method }) =>
        nickname === "decision of bob" ? ponder(method, nickname) : true,
      onFailure: (error, { nickname, method }) =>
        report("over", method, nickname as Scene, codeOf(error)),
    });
    const method = listener.methods[0]!;
    report("listening", method);
    listener.serve((connection) =>
      play(connection, method, connection.remote.nickname as Scene)
    );
  }
}

async function beAlice(method: string, scene: Scene): Promise<void> {
  try {
    const connection = await connect(method, {
      nickname: scene,
      tls: { pinnedKey: settings.certificate.spki },
      accept: () =>
        scene === "decision of alice" ? ponder(method, scene) : true,
    });
    await play(connection, method, scene);
  } catch (error) {
    report("over", method, scene, codeOf(error));
  }
}

if (settings.role === "bob") {
  await beBob();
} else {
  for (const method of settings.methods) {
    for (const scene of SCENES) beAlice(method, scene);
  }
}
