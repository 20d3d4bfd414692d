/**
 * Bundles `main.js` of a folder, which its `index.html` names, as a bundler does
 * by itself: with no option but where the files are and that they are to be
 * small. Its arguments are the bundler's name and the folder; the result is
 * `dist/page.js` there. A warning is a failure.
 *
 * @module
 */
import { build as esbuild } from "esbuild";
import { build as vite, createLogger } from "vite";

/** Bundles what is in a folder, and returns the warnings. */
type Bundler = (folder: string) => Promise<string[]>;

const BUNDLERS: Record<string, Bundler> = {
  async esbuild(folder) {
    const { warnings } = await esbuild({
      entryPoints: [`${folder}/main.js`],
      outfile: `${folder}/dist/page.js`,
      bundle: true,
      minify: true,
      format: "esm",
      logLevel: "silent",
    });
    return warnings.map(({ text }) => text);
  },

  async vite(folder) {
    const warnings: string[] = [];
    const customLogger = createLogger("silent");
    customLogger.warn = (text) => void warnings.push(text);
    await vite({ root: folder, customLogger });
    const assets = `${folder}/dist/assets`;
    for await (const { name } of Deno.readDir(assets)) {
      await Deno.rename(`${assets}/${name}`, `${folder}/dist/page.js`);
    }
    return warnings;
  },
};

if (import.meta.main) {
  const [name, folder] = Deno.args;
  const warnings = await BUNDLERS[name!]!(folder!);
  for (const warning of warnings) console.error(warning);
  Deno.exit(warnings.length > 0 ? 1 : 0);
}
