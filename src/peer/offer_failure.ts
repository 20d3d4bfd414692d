/**
 * What ends an offer as a whole: all that is still to come would fail, too.
 *
 * @module
 */
import { fileReason } from "../base/reasons.ts";
import { FileFault } from "../talk/receive.ts";
import type { OfferStore } from "./offer_store.ts";
import { savingFault } from "./partial_file.ts";

/** What is wrong with a disk or a process, whichever file it shows at. */
const OF_ALL = /^(?:ENOSPC|EDQUOT|EROFS|EIO|EMFILE|ENFILE)$/;

/**
 * Tells what is about one name from what concerns all of an offer.
 *
 * @throws {FileFault} Where nothing more of it can be kept.
 */
export function checkKeeping(cause: unknown, store: OfferStore): void {
  const isOfAll = OF_ALL.test(String(Object(cause).code));
  const reason = isOfAll ? fileReason(cause) : store.lossReason();
  if (reason !== undefined) throw failure(reason, cause);
}

/**
 * The same of the folder that items go to.
 *
 * @throws {FileFault} Where none can get its place; what has come is kept.
 */
export async function checkPlacing(
  cause: unknown,
  store: OfferStore,
  folder: string,
): Promise<void> {
  checkKeeping(cause, store);
  const reason = await savingFault(folder);
  if (reason !== undefined) throw failure(reason, cause);
}

function failure(reason: string, cause: unknown): FileFault {
  return new FileFault(`it cannot be saved: ${reason}`, { cause });
}
