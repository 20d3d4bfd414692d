// The state of a stream between two reads, so that it can go on in another
// instance, or in this one, which others use in between: what is in use of it,
// for one open message some hundred bytes.
import { restoreBegun, saveBegun } from "./begun_packet";
import { restoreControl, saveControl } from "./control";
import { SAVED } from "./memory";
import { restoreOpenMessages, saveOpenMessages } from "./open_messages";
import { restoreUnderWay, saveUnderWay } from "./reassembler";
import { restoreReason, saveReason } from "./reason";

/** Writes the state of the stream to SAVED, and forgets it; returns its bytes. */
export function save(): u32 {
  let end = saveControl(SAVED);
  end = saveReason(end);
  end = saveUnderWay(end);
  end = saveBegun(end);
  return <u32> (saveOpenMessages(end) - SAVED);
}

/** Goes on with the stream of which the state, `size` bytes, stands at SAVED; nothing may be open or under way. */
export function restore(size: u32): void {
  let end = restoreControl(SAVED);
  end = restoreReason(end);
  end = restoreUnderWay(end);
  end = restoreBegun(end);
  assert(restoreOpenMessages(end) - SAVED == size);
}
