-- LEKT (PROTOCOL.md) for Wireshark and tshark, 4.0 and later: put this file into
-- the folder of personal plugins, or name it: tshark -X lua_script:lekt.lua.
--
-- Reads each direction of a connection as a receiver does, a few bytes at a
-- time, once and in order; what it finds is kept as records, and those are
-- shown as often as a frame is. TCP has to hand over the segments in order:
-- -o tcp.reassemble_out_of_order:TRUE.

-- Bytes of a message, and of all messages of a capture, that are kept in order
-- to show them put together. What is beyond is counted, not kept.
local MESSAGE_KEPT_MAX = 64 * 1024
local CAPTURE_KEPT_MAX = 64 * 1024 * 1024

local PORT = 15358
local MAJOR = 1
local HEADER_SIZE = 12
local NICKNAME_MAX = 255
local REASON_MAX = 1023
local CONTROL_BODY_MAX = 1040
local OPEN_MAX = 1024
local MORE = 0x80000000
local ABORT_PART = 0x7fffffff
local INDEX_MAX = 0x7ffffffe
local CONTROL_PART = 0xffffffff
-- More than the longest packet that is looked at as a whole.
local UNIT_MAX = 1100
-- What the column Info says of one frame, at most.
local INFO_MAX = 8

local TYPES = { [0x48] = "Handshake", [0x41] = "Accept", [0x52] = "Reject" }
local KINDS = {
  [1] = "Ping",
  [2] = "Pong",
  [3] = "Window",
  [4] = "Stop",
  [5] = "Confirm",
  [6] = "Confirmed",
  [7] = "Goodbye",
  [8] = "MessageWindow",
}

-- Each fault with its rule, and what the rule says. `lekt.fault` has the name.
local FAULTS = {
  badMagic = "It does not begin with LEKT (or it began before the capture did)",
  badType = "A handshake packet of a type that may not come here",
  otherMajor = "Another major version: what follows is unknown",
  nicknameEmpty = "The nickname is empty",
  nicknameTooLong = "The nickname has more than 255 bytes",
  nicknameMalformed = "The nickname is not well-formed UTF-8",
  nicknameForbidden = "The nickname holds a control, separator or directional character",
  reasonTooLong = "The reason has more than 1023 bytes",
  reasonMalformed = "The reason is not well-formed UTF-8, or holds a NUL",
  versionChanged = "The version differs from that of the Handshake",
  early = "Bytes that come before the other side has answered",
  indexNotNext = "The id is open and the part is not its next",
  indexNotZero = "The id is not open and the part is not its first",
  alreadyOpen = "A first part for an id that is open",
  emptyMore = "MORE, but no bytes",
  indexTooHigh = "MORE with the highest index",
  reservedPart = "A part field of FFFFFFFF, which version 1.0 does not have",
  abortNotOpen = "An Abort for an id that is not open",
  tooManyOpen = "More than 1024 ids are open",
  controlLength = "A control packet with no bytes, or with more than 1040",
  controlForm = "A control packet whose body has a wrong form for its kind",
  controlSubject = "A control packet about the connection that names a message",
  controlReason = "The reason in a control packet is not well-formed UTF-8, or holds a NUL",
  goodbyeOpen = "A Goodbye while ids are open",
  goodbyeCount = "A Goodbye with another count of messages than were completed",
  behindGoodbye = "A packet of a message behind the Goodbye",
  controlBehindGoodbye = "A Confirm or a Goodbye behind the Goodbye",
  windowDown = "A window that goes down",
}

-- What is no breach of the protocol, but cuts something short.
local ENDS = {
  truncated = "The stream ends in the middle of a packet or of a message",
  notConnected = "The stream ends before the two are connected",
  noGoodbye = "The stream ends without a Goodbye",
  reset = "The connection is reset",
  outOfOrder = "Bytes are missing here, or come later: nothing is read from here on "
    .. "(set the preference tcp.reassemble_out_of_order)",
}

local lekt = Proto("lekt", "LEKT")
local f = {
  role = ProtoField.string("lekt.role", "Sent by"),
  type = ProtoField.uint8("lekt.type", "Type", base.HEX, TYPES),
  version = ProtoField.string("lekt.version", "Version"),
  major = ProtoField.uint8("lekt.version.major", "Major"),
  minor = ProtoField.uint8("lekt.version.minor", "Minor"),
  extra = ProtoField.uint8("lekt.version.extra", "Extra"),
  nickname = ProtoField.string("lekt.nickname", "Nickname", base.UNICODE),
  reason = ProtoField.string("lekt.reason", "Reason", base.UNICODE),
  id = ProtoField.uint32("lekt.id", "Message id", base.DEC_HEX),
  more = ProtoField.bool("lekt.more", "MORE"),
  part = ProtoField.uint32("lekt.part", "Part", base.DEC_HEX),
  abort = ProtoField.bool("lekt.abort", "Abort"),
  length = ProtoField.uint32("lekt.length", "Length"),
  data = ProtoField.bytes("lekt.data", "Bytes of the message"),
  continued = ProtoField.uint32("lekt.continued", "Bytes of this part before"),
  kind = ProtoField.uint8("lekt.kind", "Kind", base.HEX, KINDS),
  subject = ProtoField.uint32("lekt.subject", "Subject", base.DEC_HEX),
  ping = ProtoField.bytes("lekt.ping", "Ping"),
  window = ProtoField.uint64("lekt.window", "May be sent in all"),
  taken = ProtoField.bool("lekt.taken", "Taken"),
  count = ProtoField.uint32("lekt.count", "Messages completed"),
  body = ProtoField.bytes("lekt.body", "Body"),
  unread = ProtoField.bytes("lekt.unread", "Not looked at"),
  fault = ProtoField.string("lekt.fault", "Fault"),
  ending = ProtoField.string("lekt.end", "End"),
  handshake = ProtoField.none("lekt.handshake", "Handshake packet"),
  packet = ProtoField.none("lekt.packet", "Message packet"),
  control = ProtoField.none("lekt.control", "Control packet"),
  begun = ProtoField.none("lekt.begun", "A packet begins that ends in a later segment"),
  message = ProtoField.none("lekt.message", "Message"),
  message_id = ProtoField.uint32("lekt.message.id", "Id", base.DEC_HEX),
  message_state = ProtoField.string("lekt.message.state", "State"),
  message_size = ProtoField.uint64("lekt.message.size", "Size"),
  message_parts = ProtoField.uint32("lekt.message.parts", "Parts"),
  message_began = ProtoField.framenum("lekt.message.began", "Began in"),
  message_data = ProtoField.bytes("lekt.message.data", "Bytes"),
}
lekt.fields = f

local experts = {}
for name, text in pairs(FAULTS) do
  experts[name] = ProtoExpert.new("lekt.fault." .. name, text, expert.group.PROTOCOL, expert.severity.ERROR)
end
for name, text in pairs(ENDS) do
  experts[name] = ProtoExpert.new("lekt.end." .. name, text, expert.group.SEQUENCE, expert.severity.WARN)
end
lekt.experts = experts

-- No value without a tree, as in the first of two passes (tshark -2).
local get_stream = Field.new("tcp.stream")
local get_seq = Field.new("tcp.seq")
local get_size = Field.new("tcp.len")
local get_fin = Field.new("tcp.flags.fin")
local get_reset = Field.new("tcp.flags.reset")

-- Of packets in packets (tunnels) the innermost.
local function value_of(field)
  local values = { field() }
  local last = values[#values]
  return last and last.value
end

local function u32(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- Text --------------------------------------------------------------------

-- The code point at `at`, and where the next one begins; nil where the bytes are malformed.
local function decode(text, at)
  local first = text:byte(at)
  local count, code, lowest
  if first < 0x80 then
    return first, at + 1
  elseif first >= 0xc2 and first <= 0xdf then
    count, code, lowest = 1, first - 0xc0, 0x80
  elseif first >= 0xe0 and first <= 0xef then
    count, code, lowest = 2, first - 0xe0, 0x800
  elseif first >= 0xf0 and first <= 0xf4 then
    count, code, lowest = 3, first - 0xf0, 0x10000
  else
    return nil
  end
  for index = at + 1, at + count do
    local byte = text:byte(index)
    if not byte or byte < 0x80 or byte > 0xbf then return nil end
    code = code * 64 + byte - 0x80
  end
  if code < lowest or code > 0x10ffff or (code >= 0xd800 and code <= 0xdfff) then return nil end
  return code, at + count + 1
end

local function is_forbidden(code)
  return code <= 0x1f
    or (code >= 0x7f and code <= 0x9f)
    or code == 0x61c
    or code == 0x200e
    or code == 0x200f
    or (code >= 0x2028 and code <= 0x202e)
    or (code >= 0x2066 and code <= 0x2069)
    or code == 0xfeff
end

-- Whether `text` is well-formed, and whether each of its characters may be in a nickname.
local function judge_text(text)
  local is_harmless = true
  local at = 1
  while at <= #text do
    local code, next_at = decode(text, at)
    if not code then return false, false end
    if is_forbidden(code) then is_harmless = false end
    at = next_at
  end
  return true, is_harmless
end

-- `text` without characters that could deceive, for a column or a label.
local function harmless(text)
  local shown = {}
  local at = 1
  while at <= #text and #shown < 60 do
    local code, next_at = decode(text, at)
    if not code then
      shown[#shown + 1] = "?"
      next_at = at + 1
    elseif is_forbidden(code) then
      shown[#shown + 1] = string.format("<U+%04X>", code)
    else
      shown[#shown + 1] = text:sub(at, next_at - 1)
    end
    at = next_at
  end
  if at <= #text then shown[#shown + 1] = "…" end
  return '"' .. table.concat(shown) .. '"'
end

-- State -------------------------------------------------------------------

local connections_by_stream, connections_by_address, frames, ends, kept_size

function lekt.init()
  connections_by_stream = {}
  connections_by_address = {}
  -- What was found in a frame: a list of records for each time that TCP handed over bytes of it.
  frames = {}
  ends = {}
  kept_size = 0
end

local function addresses(pinfo)
  return tostring(pinfo.src) .. " " .. pinfo.src_port, tostring(pinfo.dst) .. " " .. pinfo.dst_port
end

local function new_direction(role)
  return {
    role = role,
    -- "greeting", "answer" (the initiator's only), "messages", or "over".
    phase = "greeting",
    -- The beginning of a packet that is not whole.
    carry = "",
    -- How many bytes have been read, and the sequence number of the first.
    consumed = 0,
    base = nil,
    open = {},
    open_count = 0,
    completed_count = 0,
    -- The packet whose payload is under way.
    packet = nil,
    windows = {},
  }
end

-- The minor version that both speak; 0 where one has not said, so that there is a fault already.
local function minor_of(direction)
  local ours, theirs = direction.version, direction.other.version
  return ours and theirs and math.min(ours:byte(2), theirs:byte(2)) or 0
end

-- Who sends first is the initiator.
local function find_connection(pinfo, stream, begins_anew)
  local source, target = addresses(pinfo)
  local key = source < target and source .. target or target .. source
  local connection
  if stream then
    connection = connections_by_stream[stream]
  elseif not begins_anew then
    connection = connections_by_address[key]
  end
  if not connection then
    local initiator, responder = new_direction("initiator"), new_direction("responder")
    initiator.other, responder.other = responder, initiator
    connection = { [source] = initiator, [target] = responder }
    connections_by_address[key] = connection
    if stream then connections_by_stream[stream] = connection end
  end
  return connection, connection[source]
end

-- Messages ------------------------------------------------------------------

local function new_message(id, frame)
  return { id = id, began = frame, size = 0, parts = 0, next_index = 0, chunks = {}, kept = 0 }
end

local function keep(message, tvb, offset, size)
  local count = math.min(size, MESSAGE_KEPT_MAX - message.kept, CAPTURE_KEPT_MAX - kept_size)
  if count > 0 and message.kept == message.size then
    message.chunks[#message.chunks + 1] = tvb:raw(offset, count)
    message.kept = message.kept + count
    kept_size = kept_size + count
  end
  message.size = message.size + size
end

-- How a message stands now; it may go on.
local function message_record(message, state, reason)
  local data = table.concat(message.chunks)
  message.chunks = { data }
  return {
    offset = message.offset,
    kind = "message",
    id = message.id,
    began = message.began,
    size = message.size,
    parts = message.parts,
    data = data,
    state = state,
    reason = reason,
  }
end

local function add_incomplete(direction, records)
  local ids = {}
  for id in pairs(direction.open) do ids[#ids + 1] = id end
  table.sort(ids)
  for _, id in ipairs(ids) do
    records[#records + 1] = message_record(direction.open[id], "incomplete")
  end
end

local function close_message(direction, message)
  if direction.open[message.id] then
    direction.open[message.id] = nil
    direction.open_count = direction.open_count - 1
  end
end

-- Handshake packets -----------------------------------------------------------

local function fault_of_nickname(text)
  if #text == 0 then return "nicknameEmpty" end
  local is_well_formed, is_harmless = judge_text(text)
  if not is_well_formed then return "nicknameMalformed" end
  if not is_harmless then return "nicknameForbidden" end
end

-- Reads the text behind the eight bytes, up to its 00.
local function read_text(unit, record)
  local is_reason = record.type == 0x52
  local max = is_reason and REASON_MAX or NICKNAME_MAX
  local zero = unit:find("\0", 9, true)
  if zero and zero - 9 <= max then
    local text = unit:sub(9, zero - 1)
    record.size = zero
    if is_reason then
      if judge_text(text) then record.reason = text else record.fault = "reasonMalformed" end
    else
      record.fault = fault_of_nickname(text)
      if judge_text(text) then record.nickname = text end
    end
    return record
  end
  if #unit - 8 <= max then return nil end
  record.size = 8 + max + 1
  record.fault = is_reason and "reasonTooLong" or "nicknameTooLong"
  return record
end

-- The faults that the first eight bytes show, each at its first byte.
local function fault_of_beginning(unit, direction)
  for at = 1, math.min(#unit, 4) do
    if unit:byte(at) ~= ("LEKT"):byte(at) then return "badMagic", at end
  end
  local type = unit:byte(5)
  if not type then return nil end
  local is_first = direction.role == "initiator" and direction.phase == "greeting"
  if is_first and type ~= 0x48 or not is_first and type ~= 0x41 and type ~= 0x52 then
    return "badType", 5
  end
  if direction.phase == "answer" and type == 0x41 then
    for at = 6, math.min(#unit, 8) do
      if unit:byte(at) ~= direction.version:byte(at - 5) then return "versionChanged", at end
    end
  end
end

-- One handshake packet, or nil where more of it has to come.
local function read_handshake(unit, direction)
  local record = { kind = "handshake", type = unit:byte(5) }
  record.fault, record.size = fault_of_beginning(unit, direction)
  if record.fault then return record end
  if #unit < 8 then return nil end
  record.size = 8
  record.version = unit:sub(6, 8)
  if record.type == 0x52 then return read_text(unit, record) end
  if direction.phase == "answer" then return record end
  if record.version:byte(1) ~= MAJOR then
    record.is_probe = record.version:byte(1) == 0 and record.type == 0x48
    if not record.is_probe then record.fault = "otherMajor" end
    return record
  end
  return read_text(unit, record)
end

local function take_handshake(unit, direction)
  local record = read_handshake(unit, direction)
  if not record then return nil end
  local is_over = record.fault or record.type == 0x52 or record.is_probe
  -- A Reject that cannot be read is one all the same.
  direction.has_rejected = record.type == 0x52 and record.fault ~= "badMagic" and record.fault ~= "badType"
  direction.has_answered = direction.role == "responder" or direction.phase == "answer"
  if is_over then
    direction.phase = "over"
  elseif direction.role == "initiator" and direction.phase == "greeting" then
    direction.phase = "answer"
    direction.version = record.version
  else
    direction.phase = "messages"
    direction.version = record.version
  end
  return record
end

-- Bytes that come before they may, and those that nobody looks at.
local function check_turn(direction)
  local other = direction.other
  if direction.phase == "over" then
    return direction.has_failed and "behind the fault" or "behind the end"
  elseif other.has_rejected then
    return "the other side has rejected"
  elseif direction.phase == "greeting" or other.has_answered then
    return nil
  end
  return "before the answer", "early"
end

-- Control packets -------------------------------------------------------------

local SIZES = { [1] = 8, [2] = 8, [3] = 8, [5] = 0, [6] = 1, [8] = 8 }

local function fault_of_control(record, direction)
  local kind, size = record.control, #record.body
  if kind == 4 and size > REASON_MAX or kind == 7 and (size < 4 or size > 4 + REASON_MAX) then
    return "controlForm"
  elseif SIZES[kind] and size ~= SIZES[kind] then
    return "controlForm"
  elseif (kind <= 3 or kind == 7) and record.subject ~= 0 then
    return "controlSubject"
  elseif kind == 6 and record.body:byte(1) > 1 then
    return "controlForm"
  elseif kind == 7 and direction.open_count > 0 then
    return "goodbyeOpen"
  elseif kind == 7 and u32(record.body, 1) ~= direction.completed_count % 2 ^ 32 then
    return "goodbyeCount"
  end
  if kind == 4 or kind == 7 then
    local reason = record.body:sub(kind == 4 and 1 or 5)
    if reason:find("\0", 1, true) or not judge_text(reason) then return "controlReason" end
    record.reason = reason
  elseif kind == 3 or kind == 8 then
    -- As text, since eight bytes are more than a number holds; of equal length, they compare as numbers do.
    local key = kind == 3 and "connection" or record.subject
    if record.body < (direction.windows[key] or "") then return "windowDown" end
    direction.windows[key] = record.body
  end
end

local function read_control(unit, record, direction)
  if record.length == 0 or record.length > CONTROL_BODY_MAX then
    record.fault = "controlLength"
    return record
  end
  record.size = HEADER_SIZE + record.length
  if #unit < record.size then return nil end
  record.control = unit:byte(HEADER_SIZE + 1)
  record.body = unit:sub(HEADER_SIZE + 2, record.size)
  if not KINDS[record.control] then return record end
  if direction.has_goodbye and (record.control == 5 or record.control == 7) then
    record.fault = "controlBehindGoodbye"
  else
    record.fault = fault_of_control(record, direction)
  end
  if record.control == 7 and not record.fault then direction.has_goodbye = true end
  return record
end

-- Message packets -------------------------------------------------------------

-- The rule of section 5 that a header breaks, by its id and part alone.
local function fault_of_part(record, direction, message)
  if record.part == CONTROL_PART then return "reservedPart" end
  if direction.has_goodbye then return "behindGoodbye" end
  if not message then
    if record.part == ABORT_PART then return "abortNotOpen" end
    if record.index ~= 0 then return "indexNotZero" end
    return record.is_more and direction.open_count >= OPEN_MAX and "tooManyOpen" or nil
  end
  if record.part == ABORT_PART then return nil end
  if record.index == 0 then return "alreadyOpen" end
  if record.index ~= message.next_index then return "indexNotNext" end
  return record.is_more and record.index == INDEX_MAX and "indexTooHigh" or nil
end

local function read_abort(unit, record, direction, message, records)
  if record.length > REASON_MAX then
    record.fault = "reasonTooLong"
    return record
  end
  record.size = HEADER_SIZE + record.length
  if #unit < record.size then return nil end
  local reason = unit:sub(HEADER_SIZE + 1, record.size)
  if reason:find("\0", 1, true) or not judge_text(reason) then
    record.fault = "reasonMalformed"
    return record
  end
  record.reason = reason
  close_message(direction, message)
  records.behind = message_record(message, "aborted", reason)
  return record
end

-- One header with what has to be whole to be judged, or nil where more has to come.
local function take_packet(unit, direction, frame, records)
  if #unit < HEADER_SIZE then return nil end
  local record = {
    kind = "packet",
    size = HEADER_SIZE,
    id = u32(unit, 1),
    part = u32(unit, 5),
    length = u32(unit, 9),
  }
  record.is_more = record.part >= MORE
  record.index = record.part % MORE
  if record.part == CONTROL_PART and minor_of(direction) >= 1 then
    record.kind = "control"
    record.subject = record.id
    return read_control(unit, record, direction)
  end
  local message = direction.open[record.id]
  record.fault = fault_of_part(record, direction, message)
  if record.fault then return record end
  if record.part == ABORT_PART then
    record.is_abort = true
    return read_abort(unit, record, direction, message, records)
  end
  if record.is_more and record.length == 0 then
    record.fault = "emptyMore"
    return record
  end
  if not message then
    message = new_message(record.id, frame)
    direction.open[record.id] = message
    direction.open_count = direction.open_count + 1
  end
  message.parts = message.parts + 1
  message.next_index = record.index + 1
  direction.packet = { record = record, message = message, left = record.length }
  return record
end

-- Ends the packet under way, and its message with its last part.
local function end_packet(direction, records)
  local packet = direction.packet
  direction.packet = nil
  if packet.record.is_more then return end
  close_message(direction, packet.message)
  direction.completed_count = direction.completed_count + 1
  records[#records + 1] = message_record(packet.message, "complete")
end

-- Takes what there is of the payload under way, behind `record` if it is its header.
local function take_payload(direction, tvb, offset, records, header)
  local packet = direction.packet
  local size = math.min(packet.left, tvb:len() - offset)
  local record = header
  if not record then
    record = { kind = "payload", packet = packet.record, before = packet.record.length - packet.left }
    records[#records + 1] = record
  end
  record.data_offset, record.data_size = offset, size
  if header and not header.is_more and header.index == 0 and size == packet.left then
    packet.message.offset, packet.message.size = offset, size
  else
    keep(packet.message, tvb, offset, size)
  end
  packet.left = packet.left - size
  if packet.left == 0 then end_packet(direction, records) end
  return size
end

-- Reading -------------------------------------------------------------------

local function fail(direction, record, records)
  direction.phase = "over"
  direction.has_failed = true
  direction.packet = nil
  if record then add_incomplete(direction, records) end
end

-- The unit at `offset`: what was carried over, and what follows, as far as it may be needed.
local function take_unit(direction, tvb, offset, frame, records)
  local carried = #direction.carry
  local fresh = math.min(tvb:len() - offset, UNIT_MAX - carried)
  local unit = direction.carry .. tvb:raw(offset, fresh)
  local take = direction.phase == "messages" and take_packet or take_handshake
  local record = take(unit, direction, frame, records)
  if not record then
    direction.carry = unit
    records[#records + 1] = { kind = "begun", offset = offset, length = fresh }
    return fresh
  end
  direction.carry = ""
  if carried > 0 then record.bytes = unit:sub(1, record.size) end
  record.offset = offset
  records[#records + 1] = record
  if records.behind then
    records[#records + 1] = records.behind
    records.behind = nil
  end
  local size = record.size - carried
  if record.fault then
    fail(direction, record, records)
  elseif direction.packet then
    size = size + take_payload(direction, tvb, offset + size, records, record)
  end
  return size
end

-- Reads all of `tvb`; gives what was found.
local function read(direction, tvb, frame)
  local records = { direction = direction }
  local offset, size = 0, tvb:len()
  while offset < size do
    local why, fault = check_turn(direction)
    if why then
      records[#records + 1] = { kind = "unread", offset = offset, length = size - offset, why = why, fault = fault }
      if fault then fail(direction) end
      offset = size
    elseif direction.packet then
      offset = offset + take_payload(direction, tvb, offset, records)
    else
      offset = offset + take_unit(direction, tvb, offset, frame, records)
    end
  end
  direction.consumed = direction.consumed + size
  return records
end

-- What the end of the stream cuts short, behind all that has been read.
local function cut_of(direction)
  if direction.phase == "over" or direction.other.has_rejected then return nil end
  if direction.phase ~= "messages" or not direction.other.has_answered then return "notConnected" end
  if direction.carry ~= "" or direction.open_count > 0 then return "truncated" end
  if minor_of(direction) >= 1 and not direction.has_goodbye then return "noGoodbye" end
end

local function read_end(direction, records)
  if direction.has_ended then return end
  direction.has_ended = true
  local cut = cut_of(direction)
  if not cut then return end
  records[#records + 1] = { kind = "end", name = cut }
  add_incomplete(direction, records)
end

-- Segments ------------------------------------------------------------------

-- How far a sequence number is ahead of what has been read.
local function distance(direction, seq)
  local ahead = (seq - direction.base - direction.consumed) % 2 ^ 32
  return ahead < 2 ^ 31 and ahead or ahead - 2 ^ 32
end

-- Looks at what TCP hands over, `nth` of this frame.
local function read_segment(tvb, pinfo, direction, nth)
  local seq, size = value_of(get_seq), value_of(get_size)
  direction.base = direction.base or seq
  -- Otherwise TCP has put together or cut what it hands over, and it is in order.
  local is_as_captured = seq and nth == 1 and size == tvb:len() and tvb:offset() > 0
  if not is_as_captured then return read(direction, tvb, pinfo.number) end
  local ahead = distance(direction, seq)
  local records = { direction = direction }
  if direction.is_lost or ahead > 0 then
    if not direction.is_lost then records[1] = { kind = "end", name = "outOfOrder" } end
    direction.is_lost = true
    direction.phase = "over"
  elseif ahead == 0 then
    return read(direction, tvb, pinfo.number)
  end
  local why = ahead > 0 and "behind missing bytes" or "sent again"
  records[#records + 1] = { kind = "unread", offset = 0, length = tvb:len(), why = why }
  return records
end

-- Showing -------------------------------------------------------------------

local function range_of(record, tvb)
  if record.bytes then return ByteArray.new(record.bytes, true):tvb("LEKT packet")() end
  return tvb(record.offset, record.size)
end

local function add_fault(item, range, name)
  item:add(f.fault, range, name):set_generated()
  item:add_proto_expert_info(experts[name])
end

local function add_version(item, range, version)
  local text = table.concat({ version:byte(1, 3) }, ".")
  local tree = item:add(f.version, range(5, 3), text)
  tree:add(f.major, range(5, 1))
  tree:add(f.minor, range(6, 1))
  tree:add(f.extra, range(7, 1))
  return text
end

-- The reason that stands at `offset` of a packet, or nothing does.
local function add_reason(item, range, offset, reason)
  item:add(f.reason, offset < range:len() and range(offset) or range, reason)
  return reason == "" and "" or " " .. harmless(reason)
end

local show = {}

function show.handshake(record, tvb, root)
  local range = range_of(record, tvb)
  local item = root:add(f.handshake, range)
  local text = TYPES[record.type] or "Handshake packet"
  if range:len() >= 5 then item:add(f.type, range(4, 1)) end
  if record.version then text = text .. " " .. add_version(item, range, record.version) end
  if record.is_probe then text = text .. " (does anybody answer?)" end
  if record.nickname then
    item:add(f.nickname, range(8), record.nickname)
    text = text .. " " .. harmless(record.nickname)
  end
  if record.reason then
    text = text .. add_reason(item, range, 8, record.reason)
  end
  item:set_text(text)
  return text, item, range
end

local function text_of_packet(record)
  if record.is_abort then return "Abort of message " .. record.id end
  return string.format("Message %d, part %d%s", record.id, record.index, record.is_more and "" or ", the last")
end

function show.packet(record, tvb, root)
  local range = range_of(record, tvb)
  local item = root:add(f.packet, range)
  item:add(f.id, range(0, 4))
  item:add(f.more, range(4, 4), record.is_more)
  item:add(f.part, range(4, 4), record.index)
  item:add(f.length, range(8, 4))
  local text = text_of_packet(record)
  if record.is_abort then
    item:add(f.abort, range(4, 4), true):set_generated()
    if record.reason then text = text .. add_reason(item, range, HEADER_SIZE, record.reason) end
  end
  if (record.data_size or 0) > 0 then item:add(f.data, tvb(record.data_offset, record.data_size)) end
  text = string.format("%s (%d bytes)", text, record.length)
  item:set_text(text)
  return text, item, range
end

function show.payload(record, tvb, root)
  local packet = record.packet
  local range = tvb(record.data_offset, record.data_size)
  local item = root:add(f.packet, range)
  item:add(f.id, range, packet.id):set_generated()
  item:add(f.part, range, packet.index):set_generated()
  item:add(f.continued, range, record.before):set_generated()
  item:add(f.data, range)
  local last = record.before + record.data_size
  local text = string.format("%s, up to byte %d of %d", text_of_packet(packet), last, packet.length)
  item:set_text(text)
  return text, item, range
end

function show.control(record, tvb, root)
  local range = range_of(record, tvb)
  local item = root:add(f.control, range)
  item:add(f.subject, range(0, 4))
  item:add(f.length, range(8, 4))
  local text = KINDS[record.control] or "Control packet"
  if record.control then
    item:add(f.kind, range(12, 1))
    if record.body ~= "" then item:add(f.body, range(13)) end
  end
  if record.subject ~= 0 then text = text .. " for message " .. record.subject end
  if record.control and not record.fault then
    if record.control == 1 or record.control == 2 then item:add(f.ping, range(13)) end
    if record.control == 3 or record.control == 8 then
      item:add(f.window, range(13))
      text = text .. ": " .. tostring(range(13):uint64())
    elseif record.control == 6 then
      local is_taken = record.body:byte(1) == 0
      item:add(f.taken, range(13), is_taken)
      text = text .. (is_taken and ": taken" or ": dropped")
    elseif record.control == 7 then
      item:add(f.count, range(13, 4))
      text = string.format("%s after %d messages", text, u32(record.body, 1))
    end
  end
  if record.reason then text = text .. add_reason(item, range, record.control == 7 and 17 or 13, record.reason) end
  item:set_text(text)
  return text, item, range
end

function show.begun(record, tvb, root)
  local range = tvb(record.offset, record.length)
  local item = root:add(f.begun, range)
  return "[a packet begins]", item, range
end

function show.unread(record, tvb, root)
  local range = tvb(record.offset, record.length)
  local item = root:add(f.unread, range)
  local text = string.format("%d bytes %s: not looked at", record.length, record.why)
  item:set_text(text)
  return text, item, range
end

-- What its bytes are, where they are in this frame; otherwise those that were kept.
local function data_of(record, tvb)
  if record.offset and record.size > 0 then return tvb(record.offset, record.size) end
  if record.data ~= "" then return ByteArray.new(record.data, true):tvb("LEKT message")() end
end

function show.message(record, tvb, root)
  local range = data_of(record, tvb)
  local item = root:add(f.message, range or tvb(0, 0))
  item:add(f.message_id, record.id):set_generated()
  item:add(f.message_state, record.state):set_generated()
  item:add(f.message_size, UInt64.new(record.size % 2 ^ 32, math.floor(record.size / 2 ^ 32))):set_generated()
  item:add(f.message_parts, record.parts):set_generated()
  item:add(f.message_began, record.began):set_generated()
  local text = string.format("Message %d, %s: %.0f bytes in %d parts", record.id, record.state, record.size, record.parts)
  if range then
    item:add(f.message_data, range)
    if range:len() < record.size then text = text .. string.format(" (the first %d kept)", range:len()) end
    local bytes = range(0, math.min(range:len(), 240)):raw()
    if judge_text(bytes) then text = text .. " " .. harmless(bytes) end
  end
  item:set_text(text)
  return record.state ~= "complete" and text or nil, item, range
end

show["end"] = function(record, tvb, root)
  local item = root:add(f.ending, tvb(0, 0), record.name):set_generated()
  item:add_proto_expert_info(experts[record.name])
  return "[" .. ENDS[record.name] .. "]", item, tvb(0, 0)
end

-- Adds what was found to the tree; gives what the column Info is to say.
local function show_records(records, tvb, tree)
  local root = tree:add(lekt, tvb())
  root:add(f.role, records.direction.role):set_generated()
  local info = {}
  for _, record in ipairs(records) do
    local text, item, range = show[record.kind](record, tvb, root)
    if record.fault then
      add_fault(item, range, record.fault)
      text = text .. " [" .. FAULTS[record.fault] .. "]"
    end
    info[#info + 1] = text
  end
  local more = #info - INFO_MAX
  if more > 0 then return table.concat(info, "; ", 1, INFO_MAX) .. "; and " .. more .. " more" end
  return table.concat(info, "; ")
end

-- Entries -------------------------------------------------------------------

-- A record of TLS, whose dissector is to have the stream.
local function is_tls(tvb)
  return tvb:len() >= 2 and tvb(0, 2):uint() == 0x1603
end

local function is_handshake(tvb)
  return tvb:len() >= 5 and tvb:raw(0, 5) == "LEKTH"
end

function lekt.dissector(tvb, pinfo, tree)
  local nth = tonumber(pinfo.private.lekt_calls or 0) + 1
  local found = frames[pinfo.number] or {}
  local stream = value_of(get_stream)
  local records = found[nth]
  if not records then
    local connection, direction = find_connection(pinfo, stream, is_handshake(tvb))
    if direction.consumed == 0 and direction.phase == "greeting" and is_tls(tvb) then return 0 end
    records = read_segment(tvb, pinfo, direction, nth)
    records.connection = connection
    found[nth] = records
    frames[pinfo.number] = found
  elseif stream then
    connections_by_stream[stream] = connections_by_stream[stream] or records.connection
  end
  pinfo.private.lekt_calls = tostring(nth)
  pinfo.cols.protocol = "LEKT"
  local info = show_records(records, tvb, tree)
  if nth == 1 then pinfo.cols.info = info else pinfo.cols.info:append("; " .. info) end
  return tvb:len()
end

DissectorTable.get("tcp.port"):add(PORT, lekt)

lekt:register_heuristic("tcp", function(tvb, pinfo, tree)
  if not is_handshake(tvb) then return false end
  pinfo.conversation = lekt
  lekt.dissector(tvb, pinfo, tree)
  return true
end)

-- Frames that end a stream mostly carry no bytes, so that TCP hands nothing over; this sees all frames.
local lekt_end = Proto("lekt_end", "LEKT, the end of a stream")

local function find_end(pinfo)
  local connection = connections_by_stream[value_of(get_stream)]
  local direction = connection and connection[(addresses(pinfo))]
  if not direction then return false end
  local records = { direction = direction }
  if value_of(get_reset) then
    if not (direction.has_ended and direction.other.has_ended) then
      records[1] = { kind = "end", name = "reset" }
      read_end(direction, records)
      read_end(direction.other, records)
    end
  elseif value_of(get_fin) then
    direction.end_seq = value_of(get_seq) + value_of(get_size)
  end
  if direction.end_seq and not direction.is_lost then
    if not direction.base or distance(direction, direction.end_seq) <= 0 then read_end(direction, records) end
  end
  return #records > 0 and records
end

function lekt_end.dissector(tvb, pinfo, tree)
  local stream = value_of(get_stream)
  if not stream or not connections_by_stream[stream] then return end
  local records = ends[pinfo.number]
  if records == nil then
    records = find_end(pinfo)
    ends[pinfo.number] = records
  end
  if records then pinfo.cols.info:append(" " .. show_records(records, tvb, tree)) end
end

register_postdissector(lekt_end)
