/**
 * The client of a directory as programs have it.
 *
 * @module
 */
import "./program_requests.ts";

export { DirectoryClient } from "./client.ts";
