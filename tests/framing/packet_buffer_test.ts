import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { OPEN_COUNT_MAX, PART_SIZE_MAX, SEND_SIZE } from "../../asm/wire.ts";
import { Core } from "../../src/framing/core.ts";
import { PacketBuffer } from "../../src/framing/packet_buffer.ts";
import { latin, MORE, packet } from "../helpers/raw_peer.ts";
import { pattern } from "../helpers/messages.ts";

function buffers(): [PacketBuffer, PacketBuffer] {
  const core = new Core(OPEN_COUNT_MAX);
  return [new PacketBuffer({ core }, 0), new PacketBuffer({ core }, 1)];
}

Deno.test("a packet buffer holds packets one behind the other", () => {
  const [buffer] = buffers();
  buffer.putMessage(1, latin("one"));
  assertEquals(buffer.putText(0xffff_ffff, "z\u00fc"), true);
  buffer.putMessage(3, new Uint8Array(0));
  buffer.putBegin(4, MORE, 100, latin("begin"));
  const expected = concat([
    packet(1, 0, "one"),
    packet(0xffff_ffff, 0, "z\xc3\xbc"),
    packet(3, 0),
    packet(4, MORE, "begin" + "x".repeat(95)).subarray(0, 17),
  ]);
  assertEquals(buffer.bytes(), expected);
  assertEquals(buffer.size, expected.length);
  buffer.clear();
  assertEquals([buffer.size, buffer.bytes().length], [0, 0]);
});

Deno.test("a packet buffer puts parts of any size, and says how much has room", () => {
  for (const partSize of [1, 7, 1_000, 65_536, PART_SIZE_MAX]) {
    const [buffer] = buffers();
    const size = buffer.roomInParts(partSize);
    const payload = pattern(size);
    buffer.putParts(9, 5, payload, partSize, true);
    const packets: Uint8Array[] = [];
    for (let offset = 0, index = 5; offset < size; offset += partSize) {
      packets.push(
        packet(9, MORE + index++, payload.subarray(offset, offset + partSize)),
      );
    }
    assertEquals(buffer.bytes(), concat(packets), `parts of ${partSize}`);
    // One byte more would not have had room.
    assertEquals(buffer.roomInParts(partSize), 0);
  }
});

Deno.test("a packet buffer refuses a text that may not have room, and its neighbour is untouched", () => {
  const [buffer, neighbour] = buffers();
  neighbour.putMessage(2, latin("neighbour"));
  buffer.putMessage(1, new Uint8Array(SEND_SIZE - 12 - 12 - 30));
  assertEquals(buffer.room, 30);
  assertEquals(buffer.putText(2, "x".repeat(11)), false);
  assertEquals(buffer.putText(2, "\u20ac".repeat(10)), true);
  assertEquals(buffer.size, SEND_SIZE);
  assertEquals(neighbour.bytes(), packet(2, 0, "neighbour"));
});

Deno.test("the room in parts is all that has room, and not a byte more", () => {
  const headerSize = packet(1, 0).length;
  const costOf = (size: number, partSize: number): number =>
    size + Math.ceil(size / partSize) * headerSize;
  for (const partSize of [1, 7, 1_000, 100_000, PART_SIZE_MAX]) {
    const [buffer] = buffers();
    for (const filled of [0, 1, 5, 900]) {
      if (filled > 0) buffer.putMessage(1, new Uint8Array(filled));
      const free = SEND_SIZE - buffer.size;
      const size = buffer.roomInParts(partSize);
      assertEquals(costOf(size, partSize) <= free, true);
      assertEquals(costOf(size + 1, partSize) > free, true);
    }
  }
});
