import { defineConfig } from 'vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { viteSingleFile } from 'vite-plugin-singlefile'

// `vite build` makes the page that a server hands out; `vite build --mode single` makes one file, into which a run is put.
export default defineConfig(({ mode }) => {
  const single = mode === 'single'
  return {
    base: './',
    plugins: [svelte(), ...(single ? [viteSingleFile()] : [])],
    build: {
      target: 'es2023',
      outDir: single ? '../src/briarpatch/page/single' : '../src/briarpatch/page/served',
      emptyOutDir: true,
      modulePreload: false,
      assetsInlineLimit: single ? 1e8 : 2048,
      rollupOptions: { output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]', chunkFileNames: '[name].js' } },
    },
  }
})
