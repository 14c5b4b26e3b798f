import { svelte } from '@sveltejs/vite-plugin-svelte';

// A screen that someone cannot use is broken: what the compiler says about
// accessibility ends the build.
function onwarn(warning) {
  const where = warning.filename ? `${warning.filename}: ` : '';
  throw new Error(`${where}${warning.code}: ${warning.message}`);
}

/** @type {import('vite').UserConfig} */
export const config = {
  base: '/',
  plugins: [svelte({ onwarn, compilerOptions: { runes: true }, configFile: false })],
  build: {
    outDir: 'dist',
    target: ['chrome109', 'firefox115'],
    cssTarget: 'chrome109',
    modulePreload: false,
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
};

export default config;
