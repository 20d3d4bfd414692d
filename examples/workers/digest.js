/**
 * The worker of `../workers.ts`: takes bytes, and answers with their SHA-256.
 */
import { createHash } from "node:crypto";

globalThis.onmessage = ({ data }) => {
  globalThis.postMessage(createHash("sha256").update(data).digest("hex"));
};
