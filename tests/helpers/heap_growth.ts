/**
 * Writes many times over one byte stream of each method, and tells by how many
 * bytes a write the heap has grown. Run with `--v8-flags=--expose-gc`.
 *
 * @module
 */
import { dial, listenOn } from "../../src/transport/dial.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { parseMethod } from "../../src/transport/method.ts";

const COUNT = 5_000;
const { gc } = globalThis as unknown as { gc: () => void };

const folder = await Deno.makeTempDir();
const bob = await makeCertificate();
for (const scheme of ["tcp", "unix", "tls", "ws", "wss"]) {
  const uri = scheme === "unix"
    ? `unix:${folder}/s`
    : `${scheme}://127.0.0.1:0`;
  const listener = await listenOn(parseMethod(uri), { ...bob });
  const [dialled, accepted] = await Promise.all([
    dial(listener.method, { pinnedKey: bob.spki }),
    listener.accept(),
  ]);
  const bytes = new Uint8Array(100);
  const writeMany = async function writeMany(): Promise<number> {
    for (let count = 0; count < COUNT; count++) {
      await dialled.write(bytes);
      await accepted!.read(bytes);
    }
    gc();
    return Deno.memoryUsage().heapUsed;
  };
  await writeMany();
  const before = await writeMany();
  console.log(`${scheme} ${Math.round((await writeMany() - before) / COUNT)}`);
  dialled.close();
  accepted!.close();
  await listener.close();
}
await Deno.remove(folder, { recursive: true });
