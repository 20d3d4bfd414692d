/**
 * Why a mutant may survive: what it changes makes no difference that anybody
 * could see.
 *
 * @module
 */

/** By the name of the mutant: `path: line before -> line after`. */
export const REASONS: Readonly<Record<string, string>> = {
  "src/connection/message_host.ts: return owed !== undefined && owed.count > 0; -> return owed !== undefined && owed.count >= 0;":
    "to settle a message that nobody has asked about does nothing",
  "src/connection/connection.ts: if (!host) return; -> if (false && (!host)) return;":
    "whether a host is collected just as its connection ends is the collector's choice",
  "src/connection/connection.ts: if (driver.session.heldSize > 0) { -> if (driver.session.heldSize >= 0) {":
    "to give nothing back changes nothing",
  "src/connection/deadlines.ts: if (next) this.#arm(Math.max(0, Math.ceil(next.atMs - performance.now()))); -> if (next) this.#arm(Math.min(0, Math.ceil(next.atMs - performance.now())));":
    "a timer that is early is set again",
  "src/framing/message_ids.ts: if (this.#open.size > 0) { -> if (this.#open.size >= 0) {":
    "where none is open, the loop behind it ends at once",
  "src/framing/packet_buffer.ts: if (partSize >= DIRECT_PART_SIZE) { -> if (partSize > DIRECT_PART_SIZE) {":
    "two ways to the same bytes; which is quicker depends on the size",
  "src/framing/packet_buffer.ts: if (partSize >= DIRECT_PART_SIZE) { -> if (partSize < DIRECT_PART_SIZE) {":
    "two ways to the same bytes; which is quicker depends on the size",
  "src/framing/packetizer.ts: if (message.length > this.#maxPartBytes) { -> if (message.length >= this.#maxPartBytes) {":
    "a message of just that size is the same packet either way",
  "src/framing/packetizer.ts: if (length === 0 || buffer.room < length * PACKET_HEADER_SIZE) return; -> if (length === 0 || buffer.room <= length * PACKET_HEADER_SIZE) return;":
    "what is given up is told of in the next buffer",
  "src/framing/reassembler.ts: return this.#rest.length > 0; -> return this.#rest.length >= 0;":
    "where nothing is left, what arrived is copied in vain",
  "src/framing/records.ts: if (left <= 0) { -> if (left < 0) {":
    "one record more is taken before others have their turns",
  "src/relay/passage.ts: if (mayRead === !this.#from.isPaused) return; -> if (false && (mayRead === !this.#from.isPaused)) return;":
    "to pause what is paused, or to resume what flows, changes nothing",
  "src/session/held_memory.ts: if (size <= this.#easySize) return this.#ownMax; -> if (size < this.#easySize) return this.#ownMax;":
    "the share is just as much there",
  "src/session/held_memory.ts: if (size <= this.#easySize) return this.#ownMax; -> if (false && (size <= this.#easySize)) return this.#ownMax;":
    "the share is more than that there: it is only worked out in vain",
  "src/directory/clock.ts: Math.min(Math.max(milliseconds, 0), timerMsMax), -> Math.min(Math.min(milliseconds, 0), timerMsMax),":
    "who looks too early looks again",
  "src/directory/watch_peer.ts: if (response.body === null) return; -> if (false && (response.body === null)) return;":
    "to follow what is not there is an error that passes, as an end does: it is for the compiler",
  "src/directory/http_server.ts: return now > this.dueAt || now > this.#writeDueAt; -> return now >= this.dueAt || now > this.#writeDueAt;":
    "a moment more or less",
  "src/directory/http_server.ts: return now > this.dueAt || now > this.#writeDueAt; -> return now > this.dueAt || now >= this.#writeDueAt;":
    "a moment more or less",
  "src/directory/http_server.ts: if (now - this.#toldAt < TROUBLE_MS) return; -> if (now - this.#toldAt <= TROUBLE_MS) return;":
    "a moment more or less",
  'src/peer/code/code.ts: if (start === undefined) return ""; -> if (false && (start === undefined)) return "";':
    "no word begins like undefined: it is for the compiler",
  "src/peer/config_file.ts: if (path === undefined) return undefined; -> if (false && (path === undefined)) return undefined;":
    "nothing is found at no path: it is for the compiler",
  'src/directory/run_until_stopped.ts: if (system.build.os === "windows") return ["SIGINT"]; -> if (false && (system.build.os === "windows")) return ["SIGINT"];':
    "only Windows tells, which refuses to listen for SIGTERM",
  "src/directory/http_server.ts: if (!socket.writable) return void socket.destroy(); -> if (false && (!socket.writable)) return void socket.destroy();":
    "what is written to such a socket fails, which destroys it, too",
  "src/peer/keys.ts: for (let count = mark.length - 1; count > 0; count--) { -> for (let count = mark.length - 1; count >= 0; count--) {":
    "each text ends with nothing, and is as long as it is",
  'src/peer/line_editor.ts: if (text === "") return; -> if (false && (text === "")) return;':
    "the letter before the cursor is judged anew, and is what it was",
  'src/peer/line_editor.ts: if (/^[ -~]*$/.test(clean)) return clean.split(""); -> if (false && (/^[ -~]*$/.test(clean))) return clean.split("");':
    "two ways to the same places; one takes long to load",
  "src/peer/lan/announce.ts: if (waitMs <= 0) answer(); -> if (waitMs < 0) answer();":
    "a moment more or less",
  "src/peer/lan/records.ts: if (end > 0 && !members.has(name)) members.set(name, text.slice(end + 1)); -> if (end >= 0 && !members.has(name)) members.set(name, text.slice(end + 1));":
    "nobody asks for a member without a name",
  "src/diagnostics/open.ts: if (hasChannels()) return; -> if (false && (hasChannels())) return;":
    "the same channels are provided again",
  'src/peer/partial_file.ts: if (isSystemError(error, "AlreadyExists")) throw error; -> if (false && (isSystemError(error, "AlreadyExists"))) throw error;':
    "to hold the name fails just so",
  "src/transport/places.ts: if (this.#isClosed) return; -> if (false && (this.#isClosed)) return;":
    "nobody waits any more then",
  "src/transport/transport_socket.ts: if (this.#arrived.byteLength < READ_SIZE) { -> if (this.#arrived.byteLength <= READ_SIZE) {":
    "other memory of the same size",
  "src/transport/client_hello.ts: if (filled < RECORD_HEADER_SIZE) return RECORD_HEADER_SIZE; -> if (false && (filled < RECORD_HEADER_SIZE)) return RECORD_HEADER_SIZE;":
    "a length that has not come whole asks for more, or tells already that it is too long",
  "src/transport/client_hello.ts: while (at < hello.length) { -> while (at <= hello.length) {":
    "to read behind the end is no HTTP either",
  "src/transport/client_hello.ts: if (!(error instanceof RangeError)) throw error; -> if (false && (!(error instanceof RangeError))) throw error;":
    "a DataView throws nothing else",
  "src/transport/http_connect.ts: if (status < 100 || status >= 200) { -> if (status < 100 || status > 200) {":
    "with 200 it is connected already",
  "src/transport/tls13_messages.ts: for (let at = 0; at < countSize; at++) { -> for (let at = 0; at <= countSize; at++) {":
    "the content is written over that byte, and there is none where there is no content",
  "src/transport/tls13_records.ts: while (end > 0 && plain[end - 1] === 0) end--; -> while (end >= 0 && plain[end - 1] === 0) end--;":
    "before the first byte there is none that is 0",
  "src/talk/entry_path.ts: path.length * 3 > PATH_SIZE_MAX && -> path.length * 3 >= PATH_SIZE_MAX &&":
    "only whether it is encoded to find its size: the size is judged all the same",
  "src/talk/offer.ts: if (text.length < 64 * 1024) continue; -> if (text.length <= 64 * 1024) continue;":
    "a piece that has one line more is as good",
  "src/talk/offer.ts: if (slash < 0) { -> if (slash <= 0) {":
    "a path that begins with / was refused before",
  "src/session/exchange.ts: if (this.inbox.openCount === 0) return false; -> if (false && (this.inbox.openCount === 0)) return false;":
    "where none is open nobody reads one",
  "src/session/exchange.ts: if (!areCoresScarce()) return; -> if (false && (!areCoresScarce())) return;":
    "a stream that is saved and taken up again goes on the same",
  "src/session/exchange.ts: if (limits.maxBufferedBytes >= HELD_SIZE_MIN) return limits; -> if (limits.maxBufferedBytes > HELD_SIZE_MIN) return limits;":
    "the copy has the same limit",
  "src/session/receive_target.ts: while (at < size && exchange.isBetweenMessages) { -> while (at <= size && exchange.isBetweenMessages) {":
    "where nothing is left, nothing is read, which ends it",
  'src/session/receive_target.ts: if (typeof end !== "number") return end; -> if (false && (typeof end !== "number")) return end;':
    "an error is no offset of which anything is read, so it is returned behind the loop",
  "src/session/session.ts: const rest = at > 0 ? bytes.subarray(at) : bytes; -> const rest = at >= 0 ? bytes.subarray(at) : bytes;":
    "another view of the same bytes",
  "src/session/turns.ts: if (high.queue.size === 0 && low.queue.size === 0) { -> if (false && (high.queue.size === 0 && low.queue.size === 0)) {":
    "the others have the turns anyway: it is only found more quickly",
  "src/session/receive_windows.ts: if (!isFirst && (growth <= 0 || growth < growthMin)) return; -> if (!isFirst && (growth < 0 || growth < growthMin)) return;":
    "a quarter of a window is more than nothing",
  "src/session/message_batch.ts: if (records.length > FEW_LENGTH) return records.slice(); -> if (records.length >= FEW_LENGTH) return records.slice();":
    "two ways to the same numbers; which is quicker depends on how many",
  "src/session/message_batch.ts: if (records.length > FEW_LENGTH) return records.slice(); -> if (records.length <= FEW_LENGTH) return records.slice();":
    "two ways to the same numbers; which is quicker depends on how many",
  "src/session/message_batch.ts: if (records.length > FEW_LENGTH) return records.slice(); -> if (false && (records.length > FEW_LENGTH)) return records.slice();":
    "two ways to the same numbers; which is quicker depends on how many",
  "src/session/message_batch.ts: for (let from = this.#at; from < this.#end; from += RECORD_LENGTH) { -> for (let from = this.#at; from <= this.#end; from += RECORD_LENGTH) {":
    "a record more is written: the first of the next batch takes its place, or it is behind the end of the array",
  "src/session/message_batch.ts: if (size === this.#memory.length) return this.#memory; -> if (false && (size === this.#memory.length)) return this.#memory;":
    "another view of the same bytes",
  "src/connection/driver.ts: if (this.#ending.isOver) return; // What is still written says no more. -> if (false && (this.#ending.isOver)) return; // What is still written says no more.":
    "to end a second time does nothing more: what waits is settled, and timers and transport are closed",
  "src/connection/message.ts: if (this.#use === SETTLED) return; -> if (false && (this.#use === SETTLED)) return;":
    "behind the last byte the stream is closed, unless it went to the queue of a stream whose reader was let go: then Deno and Node mostly never ask again",
  "src/connect/establish.ts: if (!(error instanceof LektError)) return error; -> if (false && (!(error instanceof LektError))) return error;":
    "handshakes fail with a LektError: it is for the compiler",
  "src/base/text.ts: nickname.length * 3 > NICKNAME_SIZE_MAX && -> nickname.length * 3 >= NICKNAME_SIZE_MAX &&":
    "only whether it is encoded to find its size: the size is judged all the same",
  "src/transport/time_slice.ts: return nowMs < fineUntilMs ? FINE : COARSE; -> return nowMs <= fineUntilMs ? FINE : COARSE;":
    "a moment more or less",
  "src/transport/time_slice.ts: if (nowMs - roundStartMs > grainAt(nowMs).roundMs) { -> if (nowMs - roundStartMs >= grainAt(nowMs).roundMs) {":
    "a moment more or less",
  "src/transport/time_slice.ts: return performance.now() < fineUntilMs ? SLICE_SIZE : Infinity; -> return performance.now() <= fineUntilMs ? SLICE_SIZE : Infinity;":
    "a moment more or less",
  "src/transport/time_slice.ts: const isBusy = nowMs < this.#busyUntilMs; -> const isBusy = nowMs <= this.#busyUntilMs;":
    "a moment more or less",
  "src/transport/time_slice.ts: const isQuick = nowMs - this.#lookMs < grainAt(nowMs).sliceMs / 4; -> const isQuick = nowMs - this.#lookMs <= grainAt(nowMs).sliceMs / 4;":
    "a moment more or less",
  "src/session/send_buffers.ts: this.filling.size === 0 && size <= this.#small.room; -> this.filling.size === 0 && size < this.#small.room;":
    "two ways to the same bytes; which is quicker depends on the size",
  "src/session/send_buffers.ts: if (this.#quickCount < QUICK_COUNT || !isAlone) return filling; -> if (this.#quickCount <= QUICK_COUNT || !isAlone) return filling;":
    "two ways to the same bytes; one quick write more is waited for",
  "src/session/send_buffers.ts: return length < LONG_SIZE_MIN ? filling : this.#long; -> return length <= LONG_SIZE_MIN ? filling : this.#long;":
    "two ways to the same bytes; which is quicker depends on the size",
  "src/session/send_buffers.ts: this.#wasSmall = filling.size <= SMALL_BUFFER_SIZE; -> this.#wasSmall = filling.size < SMALL_BUFFER_SIZE;":
    "two ways to the same bytes; which is quicker depends on the size",
  "src/session/send_buffers.ts: if (size >= WRITE_SIZE_MIN) { -> if (size > WRITE_SIZE_MIN) {":
    "a write of just that size tells as little as a shorter one",
  "src/session/send_buffers.ts: const isQuick = size >= ms * QUICK_SIZE; -> const isQuick = size > ms * QUICK_SIZE;":
    "a moment more or less",
  "src/transport/unix.ts: if (size > PATH_SIZE_MAX) return await bindDirectly(path); -> if (size >= PATH_SIZE_MAX) return await bindDirectly(path);":
    "two ways to the same socket; how long the second name is, is left to chance",
  "src/transport/unix.ts: if (!isPermissionMissing(error)) throw error; -> if (false && (!isPermissionMissing(error))) throw error;":
    "what fails in the folder fails directly, too",
  "src/transport/tls_stream.ts: if (wire.waitingSize > 0) wire.onWaiting(); -> if (wire.waitingSize >= 0) wire.onWaiting();":
    "where nothing waits, nothing is written",
  "src/directory/http.ts: if (!(seconds > 0)) return 0; -> if (!(seconds >= 0)) return 0;":
    "no seconds are no milliseconds",
  "src/session/outbox.ts: if (sizeMax > room) return -1; -> if (sizeMax >= room) return -1;":
    "two ways to the same bytes: what is not taken at once is queued",
  "src/session/outbox.ts: if (data.length > room) return -1; -> if (data.length >= room) return -1;":
    "two ways to the same bytes: what is not taken at once is queued",
  "src/session/outbox.ts: if (reason.length > buffer.room) return; -> if (reason.length >= buffer.room) return;":
    "what has just room goes with the next region",
  "src/transport/tls_stream.ts: if (this.#arrived.byteLength < READ_SIZE) { -> if (this.#arrived.byteLength <= READ_SIZE) {":
    "other memory of the same size",
  "src/session/outbox.ts: const size = chunk.length <= room ? chunk.length : room - room % partSize; -> const size = chunk.length < room ? chunk.length : room - room % partSize;":
    "what is left of just that size goes with the next region",
  "src/directory/server.ts: if (clock.now() - reportedAt < REPORT_MS) return; -> if (clock.now() - reportedAt <= REPORT_MS) return;":
    "a moment more or less",
  'src/session/outbox.ts: if (packet.type !== "stop" && packet.type !== "messageWindow") return; -> if (false && (packet.type !== "stop" && packet.type !== "messageWindow")) return;':
    "no others come here: it is for the compiler",
  "src/session/outbox.ts: if (!this.buffers.rest && this.#aborts.size > 0) this.#schedule(); -> if (!this.buffers.rest && this.#aborts.size >= 0) this.#schedule();":
    "whether there is anything to send is asked twice then",
  'src/transport/tls_stream.ts: if (this.#isClosed) throw closedError("write to", this.address); -> if (false && (this.#isClosed)) throw closedError("write to", this.address);':
    "node:tls refuses it then, and the error is the same",
  'src/directory/redis_link.ts: if (!messageOf(error).includes("NOSCRIPT")) throw error; -> if (false && (!messageOf(error).includes("NOSCRIPT"))) throw error;':
    "what failed fails again, and within the same time",
  "src/directory/redis_link.ts: if (isDown && Date.now() - this.#answeredAt > this.#replaceMs) { -> if (isDown && Date.now() - this.#answeredAt >= this.#replaceMs) {":
    "a moment more or less",
  "src/directory/redis_scripts.ts: local free = not old[1] or tonumber(old[3]) <= now -> local free = not old[1] or tonumber(old[3]) < now":
    "Redis forgets the key in that moment",
  "src/directory/server.ts: if (performance.now() > until) { -> if (performance.now() >= until) {":
    "a moment more or less",
  "src/transport/tls_stream.ts: if (next === roomSize || (next < roomSize && size > READ_SIZE)) return; -> if (next === roomSize || (next <= roomSize && size > READ_SIZE)) return;":
    "what is equal is asked for before",
  "src/transport/tls_stream.ts: if (next === roomSize || (next < roomSize && size > READ_SIZE)) return; -> if (next === roomSize || (next < roomSize && size >= READ_SIZE)) return;":
    "a read of just that size has room in either memory",
  "src/directory/redis_scripts.ts: if not old[1] or tonumber(old[3]) <= now then return 'absent' end -> if not old[1] or tonumber(old[3]) < now then return 'absent' end":
    "Redis forgets the key in that moment",
  "src/transport/tls_stream.ts: if (this.#wire.readableLength > 0) { -> if (this.#wire.readableLength >= 0) {":
    "other memory of the same size",
  "src/directory/redis_scripts.ts: if not is[5] or tonumber(is[4]) <= now then return {is[1] or '0'} end -> if not is[5] or tonumber(is[4]) < now then return {is[1] or '0'} end":
    "a moment more or less",
  "src/session/outbox.ts: } while (buffer.size !== before && buffer.size < LONG_SIZE_MAX); -> } while (buffer.size !== before && buffer.size <= LONG_SIZE_MAX);":
    "one round more is as good",
  "src/session/outbox.ts: if (chunkSize > this.#shortRoom() && buffer.size > 0) return; -> if (chunkSize >= this.#shortRoom() && buffer.size > 0) return;":
    "what has just room goes with the next region",
  "src/directory/redis_store.ts: if (!isEmpty && revision < (this.#revisions.get(nickname) ?? 0)) { -> if (!isEmpty && revision <= (this.#revisions.get(nickname) ?? 0)) {":
    "what is the same is told once in any case",
  "src/directory/redis_store.ts: if (this.#closed.signal.aborted) return; -> if (false && (this.#closed.signal.aborted)) return;":
    "a connection that is closed refuses it, and that is let be",
  "src/directory/redis_store.ts: if (!(error instanceof StoreError)) throw error; -> if (false && (!(error instanceof StoreError))) throw error;":
    "nothing else is thrown there: it is for the compiler",
  "asm/header_rules.ts: (index < <u32> PART_INDEX_MAX && -> (index <= <u32> PART_INDEX_MAX &&":
    "what begins like that part begins like one of a control packet, too",
  "src/connection/driver.ts: if (this.#ending.isOver) return; -> if (false && (this.#ending.isOver)) return;":
    "what is over ends once, and waits for nothing",
  "src/session/outbox.ts: if (partSize > room && room < PART_ROOM_MIN) return false; -> if (partSize >= room && room < PART_ROOM_MIN) return false;":
    "what has just room goes with the next region",
  "src/directory/sqlite_store.ts: WHERE nickname = :nickname AND key = :key AND seq < :seq -> WHERE nickname = :nickname AND key = :key AND seq <= :seq":
    "the same seq is answered before",
  "src/connection/writer.ts: return performance.now() - this.#slowAtMs < SLOW_MEMORY_MS; -> return performance.now() - this.#slowAtMs <= SLOW_MEMORY_MS;":
    "a moment more or less",
  "src/connection/writer.ts: if (nowMs - startMs > SLOW_WRITE_MS) this.#slowAtMs = nowMs; -> if (nowMs - startMs >= SLOW_WRITE_MS) this.#slowAtMs = nowMs;":
    "a moment more or less",
  "asm/header_rules.ts: if (fill >= <u32> LENGTH_OFFSET) { -> if (fill > <u32> LENGTH_OFFSET) {":
    "of the length there is nothing yet, and the part is judged the same",
  "asm/open_messages.ts: if (openCount == 0) return -1; -> if (false && (openCount == 0)) return -1;":
    "where none is open, none is found",
  "asm/open_messages.ts: if (count == 0 && isSame) return at; -> if (false && (count == 0 && isSame)) return at;":
    "what is filled then is full already",
  "asm/reassembler.ts: if (isOpen && packetSlot == runSlot && size <= MERGE_SIZE_MAX) { -> if (isOpen && packetSlot == runSlot && size < MERGE_SIZE_MAX) {":
    "a piece more or less has a record of its own",
  "asm/reassembler.ts: if (isOpen && packetSlot == runSlot && size <= MERGE_SIZE_MAX) { -> if (isOpen && packetSlot == runSlot && size > MERGE_SIZE_MAX) {":
    "what is joined, and what has a record of its own, comes to the same",
  "asm/reassembler.ts: if (fill > <u32> PART_OFFSET) packetId = loadU32(begun); -> if (fill >= <u32> PART_OFFSET) packetId = loadU32(begun);":
    "nobody asks whose packet it is before more of it has come",
  "asm/reassembler.ts: const isWhole = length <= size - offset - PACKET_HEADER_SIZE; -> const isWhole = length < size - offset - PACKET_HEADER_SIZE;":
    "what is not taken here is taken one by one, and comes to the same",
  "asm/reassembler.ts: while (size - offset >= <u32> PACKET_HEADER_SIZE) { -> while (size - offset > <u32> PACKET_HEADER_SIZE) {":
    "what is not taken here is taken one by one, and comes to the same",
  "asm/reassembler.ts: while (size - offset >= <u32> PACKET_HEADER_SIZE) { -> while (size - offset < <u32> PACKET_HEADER_SIZE) {":
    "what is not taken here is taken one by one, and comes to the same",
  "asm/reassembler.ts: if (length == 0 || length > MERGE_SIZE_MAX) break; -> if (length == 0 || length >= MERGE_SIZE_MAX) break;":
    "what is not taken here is taken one by one, and comes to the same",
  "asm/reassembler.ts: size - offset >= <u32> PACKET_HEADER_SIZE + length && -> size - offset > <u32> PACKET_HEADER_SIZE + length &&":
    "what is not taken here is taken one by one, and comes to the same",
  "asm/reassembler.ts: if (length > size - offset - PACKET_HEADER_SIZE) break; -> if (length >= size - offset - PACKET_HEADER_SIZE) break;":
    "what is not taken here is taken one by one, and comes to the same",
  "src/talk/byte_reader.ts: if (!chunk || chunk.length <= sizeMax) return chunk; -> if (!chunk || chunk.length < sizeMax) return chunk;":
    "of a chunk of just that size nothing is left",
  "src/talk/byte_reader.ts: if (isFull && size < BUFFER_SIZE) { -> if (isFull && size <= BUFFER_SIZE) {":
    "other memory of the same size",
  "src/talk/mod.ts: if (text === undefined) return undefined; -> if (false && (text === undefined)) return undefined;":
    "what is no text is no JSON either",
  "src/talk/receive.ts: const isLarge = chunk.length >= DIGEST_SIZE; -> const isLarge = chunk.length > DIGEST_SIZE;":
    "two ways to the same pieces",
  "src/talk/send_file.ts: const piece = value.length > left ? value.subarray(0, left) : value; -> const piece = value.length >= left ? value.subarray(0, left) : value;":
    "another view of the same bytes",
  "src/session/control_queue.ts: if (!this.#waiting) return; -> if (false && (!this.#waiting)) return;":
    "it is asked before whether any waits: it is for the compiler",
  "src/session/small_message_reader.ts: if (bytes.length > CHUNK_SIZE) return new Uint8Array(bytes); -> if (bytes.length >= CHUNK_SIZE) return new Uint8Array(bytes);":
    "what just fills the memory that messages share is alone in it either way",
  'src/transport/address_key.ts: if (!address.includes(":")) return address; -> if (false && (!address.includes(":"))) return address;':
    "what has no colon is no IPv6 address: it is only found more quickly",
  "src/transport/tls_listener.ts: if (isTlsNative()) { -> if (false && (isTlsNative())) {":
    "it is so on Bun alone, whose version 1.4.5 passes the runtimes' tests either way",
  "src/transport/tls.ts: if (isTlsNative()) { -> if (false && (isTlsNative())) {":
    "it is so on Bun alone, whose version 1.4.5 passes the runtimes' tests either way",
  "src/transport/tls_listener.ts: if (!await place.taken) return client.close(); -> if (false && (!await place.taken)) return client.close();":
    "only where the listener ends, which closes it: its handshake fails",
  'src/transport/tls.ts: if (der === undefined) throw new Error("the listener showed no certificate"); -> if (false && (der === undefined)) throw new Error("the listener showed no certificate");':
    "without a resumed session a listener of TLS 1.3 shows one: it is for the compiler",
  "src/transport/tls_native.ts: while (offset < size) { -> while (offset <= size) {":
    "it runs on Bun alone, where the runtimes' tests notice it",
  "src/transport/tls_native.ts: while (offset < size) { -> while (offset >= size) {":
    "it runs on Bun alone, where the runtimes' tests notice it",
  "src/transport/time_slice.ts: if (turn === this.#turn || nowMs < this.#busyUntilMs) { -> if (turn === this.#turn || nowMs <= this.#busyUntilMs) {":
    "a moment more or less",
  "src/transport/relay_listener.ts: if (performance.now() - sinceMs > GOOD_LINE_MS) failureCount = 0; -> if (performance.now() - sinceMs >= GOOD_LINE_MS) failureCount = 0;":
    "a moment more or less",
  "src/transport/relay_listener.ts: if (this.isClosed) return; -> if (false && (this.isClosed)) return;":
    "behind the end each attempt is given up at once; what comes before the pause has a test",
  "src/transport/certificate.ts: if (ownPair?.cert === cert && ownPair.key === key) return; -> if (false && (ownPair?.cert === cert && ownPair.key === key)) return;":
    "to look at a good pair again finds the same, only later",
  'src/peer/place_item.ts: if (system.build.os === "windows") return await system.rename(staged, path); -> if (false && (system.build.os === "windows")) return await system.rename(staged, path);':
    "only Windows tells, which renames nothing over a folder",
  "src/peer/item_placer.ts: if (known !== undefined) return known; -> if (false && (known !== undefined)) return known;":
    "two ways to the same digest; one reads the file again",
  "src/peer/item_placer.ts: .filter(([index]) => first <= index && index < end) -> .filter(([index]) => first < index && index < end)":
    "an item of which the first entry has failed is not placed, and nothing is remembered of it",
  "src/peer/reconnect/outgoing_texts.ts: if (!connection) return; -> if (false && (!connection)) return;":
    "what is not there cannot be sent over, and the text is kept: it is for the compiler",
  'src/peer/reconnect/outgoing_texts.ts: if (!this.#connection) throw new Error("the connection is lost"); -> if (false && (!this.#connection)) throw new Error("the connection is lost");':
    "what is not there cannot be sent over, which is told the same: it is for the compiler",
  "src/peer/options.ts: if (!(error instanceof Misuse)) throw error; -> if (false && (!(error instanceof Misuse))) throw error;":
    "what is no misuse names no option, and is thrown as it is: it is for the compiler",
  "src/peer/settings.ts: if (output === undefined) return {}; -> if (false && (output === undefined)) return {};":
    "an output that is undefined is none: it is for the compiler",
  "src/peer/reconnect/taken_texts.ts: if (this.#ids.length >= 2 * TAKEN_COUNT_MAX) this.#ids = [...this.last]; -> if (this.#ids.length > 2 * TAKEN_COUNT_MAX) this.#ids = [...this.last];":
    "when it is cut changes nothing about the last ones",
  "src/peer/reconnect/taken_texts.ts: if (this.#ids.length >= 2 * TAKEN_COUNT_MAX) this.#ids = [...this.last]; -> if (this.#ids.length < 2 * TAKEN_COUNT_MAX) this.#ids = [...this.last];":
    "when it is cut changes nothing about the last ones",
  'src/peer/user_folder.ts: if (system.build.os === "windows") { -> if (false && (system.build.os === "windows")) {':
    "only Windows tells",
  "src/peer/reconnect/loss_watch.ts: if (!found || Math.abs(nowMs - found.atMs) > LOOK_MS / 2) { -> if (!found || Math.abs(nowMs - found.atMs) >= LOOK_MS / 2) {":
    "a moment more or less",
  "src/peer/reconnect/loss_watch.ts: nowMs - this.#lookedMs > STILL_MS; -> nowMs - this.#lookedMs >= STILL_MS;":
    "a moment more or less",
  "src/peer/reconnect/loss_watch.ts: if (silentMs < LOOK_MS) this.#heardSize = bytesSent; -> if (silentMs <= LOOK_MS) this.#heardSize = bytesSent;":
    "a moment more or less",
  "src/peer/reconnect/loss_watch.ts: if (isElsewhere || isAwaited && silentMs >= QUIET_MS) this.#ask(); -> if (isElsewhere || isAwaited && silentMs > QUIET_MS) this.#ask();":
    "a moment more or less",
  "src/peer/reconnect/loss_watch.ts: const isBehindMuch = bytesSent - this.#heardSize > AHEAD_SIZE; -> const isBehindMuch = bytesSent - this.#heardSize >= AHEAD_SIZE;":
    "a byte more or less, where it is only guessed how slow the way is",
  "src/peer/reconnect/loss_watch.ts: if (silentMs < limitMs || bytesBuffered > HELD_SIZE_MAX) return; -> if (silentMs <= limitMs || bytesBuffered > HELD_SIZE_MAX) return;":
    "a moment more or less",
  "src/peer/reconnect/loss_watch.ts: if (silentMs < limitMs || bytesBuffered > HELD_SIZE_MAX) return; -> if (silentMs < limitMs || bytesBuffered >= HELD_SIZE_MAX) return;":
    "a byte more or less, where it is only guessed whether reading has stopped",
  "src/peer/offer_content.ts: const isSmall = path !== undefined && entry.size! <= SMALL_SIZE_MAX && -> const isSmall = path !== undefined && entry.size! < SMALL_SIZE_MAX &&":
    "two ways to the same content",
  "src/peer/offer_content.ts: if (writer.room().length < Math.min(ROOM_MIN, left)) { -> if (writer.room().length <= Math.min(ROOM_MIN, left)) {":
    "where the pieces end changes nothing about the content",
  "src/peer/offer_content.ts: if (writer.room().length < ROOM_MIN) yield* this.flush(); -> if (writer.room().length <= ROOM_MIN) yield* this.flush();":
    "where the pieces end changes nothing about the content",
  "src/peer/offer_content.ts: if (packed.length <= bytes.length * PAYING_RATIO) return packed; -> if (packed.length < bytes.length * PAYING_RATIO) return packed;":
    "a byte more or less",
  "src/peer/offered_items.ts: if (isDirectory || mode === null || (mode & 0o444) === 0o444) { -> if (false && (isDirectory || mode === null || (mode & 0o444) === 0o444)) {":
    "what can be read is opened in vain",
  "src/peer/reconnect/redial.ts: if (!(error instanceof LektError)) return undefined; -> if (false && (!(error instanceof LektError))) return undefined;":
    "another error has none of the codes that end a search: it is for the compiler",
  "src/peer/offer_layout.ts: if (slash < 0) { -> if (slash <= 0) {":
    "a path that begins with / was refused before",
  "src/peer/silence.ts: if (leftMs > 0) this.#arm(Math.ceil(leftMs)); -> if (leftMs >= 0) this.#arm(Math.ceil(leftMs));":
    "a moment more or less",
  "src/peer/chat.ts: if (!(error instanceof Misuse)) throw error; -> if (false && (!(error instanceof Misuse))) throw error;":
    "readCode throws nothing else: it is for the compiler",
  'src/peer/screen.ts: if (system.build.os === "windows") return () => {}; -> if (false && (system.build.os === "windows")) return () => {};':
    "only Windows tells",
  'src/peer/screen.ts: if (system.build.os === "windows") return; -> if (false && (system.build.os === "windows")) return;':
    "only Windows tells",
  "src/peer/directory_presence.ts: if (!(error instanceof LektError)) throw error; -> if (false && (!(error instanceof LektError))) throw error;":
    "a watch throws nothing else unless it is itself at fault",
  "src/peer/run_conversations.ts: } else if (performance.now() - stoppedAtMs >= REPEATED_SIGNAL_MS) { -> } else if (performance.now() - stoppedAtMs > REPEATED_SIGNAL_MS) {":
    "a moment more or less",
  "src/peer/code/meet.ts: if (!(error instanceof LektError)) return error; -> if (false && (!(error instanceof LektError))) return error;":
    "another error has none of the codes: it is for the compiler",
};
