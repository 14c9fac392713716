import { defineConfig } from 'vite';

// Few files with fixed names: they become part of the program (src/serve/page.c lists them).
export default defineConfig({
    base: '/',
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: {
        target: 'es2022',
        assetsInlineLimit: 0,
        cssCodeSplit: false,
        modulePreload: { polyfill: false },
        rollupOptions: {
            output: {
                entryFileNames: 'app.js',
                assetFileNames: 'app[extname]',
                inlineDynamicImports: true,
            },
        },
    },
});
