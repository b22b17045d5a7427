import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { viteSingleFile } from 'vite-plugin-singlefile'

/** The compressed JavaScript that any one screen loads, at most [bytes]. */
const LARGEST = 60 * 1024

/** Stops a build in which a screen loads too much: what all load, and the largest of what one of them loads besides. */
const budget: Plugin = {
  name: 'budget',
  generateBundle: {
    order: 'pre',
    handler(_, bundle) {
      const chunks = Object.values(bundle).filter(file => file.type === 'chunk')
      const sizes = new Map(chunks.map(one => [one.fileName, gzipSync(one.code, { level: 9 }).length]))
      const loaded = (name: string, seen = new Set<string>()): Set<string> => {
        if (!seen.has(name)) {
          seen.add(name)
          for (const other of chunks.find(one => one.fileName === name)?.imports ?? []) loaded(other, seen)
        }
        return seen
      }
      const entry = chunks.find(one => one.isEntry)!
      const size = (names: Set<string>) => [...names].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0)
      const screens = chunks.map(one => size(loaded(one.fileName, loaded(entry.fileName))))
      const words = `${Math.max(...screens)} bytes of compressed JavaScript on one screen, of ${LARGEST} at most`
      if (Math.max(...screens) > LARGEST) this.error(words)
      this.info(words)
    },
  },
}

// `vite build` makes the page that a server hands out; `vite build --mode single` makes one file, into which a run is put.
export default defineConfig(({ mode }) => {
  const single = mode === 'single'
  return {
    base: single ? './' : '/assets/',
    plugins: [svelte(), budget, ...(single ? [viteSingleFile()] : [])],
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
