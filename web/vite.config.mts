import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * What the page needs and no more, for pages served without the header. The gateway sends the same and adds
 * `frame-ancestors 'none'`, which has no effect in a page. Monaco writes style elements, hence unsafe-inline
 * for styles; its icons are data: images in the style sheet.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/**
 * GraphiQL's style sheet carries its fonts, with alphabets that few pages need, as data: URLs. As files they
 * are fetched only when used, and `font-src 'self'` is enough.
 */
function fontsAsFiles(): Plugin {
  return {
    name: 'fonts-as-files',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.css')) continue;
        file.source = file.source
          .toString()
          .replace(
            /url\(["']?data:font\/(ttf|woff2?);base64,([^"')]+)["']?\)/g,
            (_whole, kind: string, data: string) => {
              const source = Buffer.from(data.replace(/\s/g, ''), 'base64');
              const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
              this.emitFile({ type: 'asset', fileName: `assets/font-${hash}.${kind}`, source });
              return `url(./font-${hash}.${kind})`;
            },
          );
      }
    },
  };
}

/** A .gz file next to each text file, for servers that send files as they lie (`preCompressed`). */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    writeBundle({ dir = '' }, bundle) {
      for (const fileName of Object.keys(bundle).filter((name) => /\.(css|html|js)$/.test(name))) {
        const path = join(dir, fileName);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [react(), contentSecurityPolicy(), fontsAsFiles(), compressedCopies()],
  worker: { format: 'es' },
  build: {
    chunkSizeWarningLimit: 4096,
    reportCompressedSize: false,
    rolldownOptions: {
      // GraphiQL's packages carry "use no memo", which speaks to React's compiler and not to us.
      onwarn: (warning, show) => (warning.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : show(warning)),
    },
  },
  server: { host: '127.0.0.1', proxy: { '/graphql': `http://127.0.0.1:${process.env.PORT ?? 4000}` } },
});
