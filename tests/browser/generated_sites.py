"""Small sites for static site generators of npm, with the rule files that are written for Netlify and Cloudflare Pages."""

import os
import subprocess
from dataclasses import dataclass
from typing import Mapping, Optional


@dataclass(frozen=True)
class GeneratedSite:
    package: str
    command: tuple[str, ...]       # In node_modules/.bin; it is run in the directory of the sources.
    output: str                    # The directory that it makes, seen from there.
    sources: Mapping[str, str]
    settings: str                  # Keys of [site].
    deep: str                      # The page to which the link "A deep link" leads, and its heading is "Deep".
    redirects: Mapping[str, str]   # What leads where.
    immutable: str                 # Cache-Control of what has a hash in its name.
    headers: Mapping[str, Optional[str]]  # Of the start page, by names in lower case.
    missing: str                   # A word of the page for what is missing.

    @property
    def name(self):
        return self.command[0]

    def build(self, packages):
        """Writes the sources and has the generator build them. REQUIRES: `packages` has the package installed."""
        project = packages / self.name
        for path, text in self.sources.items():
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_text(text)
        program = packages / "node_modules/.bin" / self.command[0]
        subprocess.run([program, *self.command[1:]], cwd=project, check=True, timeout=300, env={**os.environ, "CI": "1"})
        return project / self.output


TEXT = "".join(f"\nStar {n} of the constellation has a page of its own, which nobody has written yet.\n" for n in range(30))
STYLE = "".join(f".heading-{n} {{ font: {n + 10}px/1.5 system-ui, sans-serif; margin: {n}px auto; }}\n" for n in range(60))
SCRIPT = "".join(f"export const twin{n} = () => 'a star of magnitude {n}';\n" for n in range(60))

# Asset names with a hash, as most people make them with Eleventy: the configuration hashes the file.
ELEVENTY_CONFIG = """\
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

function hashed(name, extension) {
  const hash = createHash("sha256").update(readFileSync(`src/${name}.${extension}`)).digest("hex").slice(0, 8);
  return `assets/${name}.${hash}.${extension}`;
}

export default function (config) {
  const assets = { style: hashed("style", "css"), script: hashed("script", "js"), star: hashed("star", "svg") };
  config.addGlobalData("assets", assets);
  config.addPassthroughCopy({
    "src/style.css": assets.style, "src/script.js": assets.script, "src/star.svg": assets.star,
    "src/_headers": "_headers", "src/_redirects": "_redirects",
  });
  return { dir: { input: "src", output: "_site" } };
}
"""

ELEVENTY_LAYOUT = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>{{ title }}</title>
  <link rel="icon" href="/{{ assets.star }}">
  <link rel="stylesheet" href="/{{ assets.style }}">
  <script type="module" src="/{{ assets.script }}"></script>
</head>
<body><img src="/{{ assets.star }}" alt="A star" width="64" height="64">{{ content | safe }}</body>
</html>
"""

# As in https://developers.cloudflare.com/pages/configuration/headers/ and https://docs.netlify.com/routing/headers/.
ELEVENTY_HEADERS = """\
# Security
/*
  X-Frame-Options: DENY
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Content-Security-Policy: default-src 'self'

/assets/*
  Cache-Control: public, max-age=31536000, immutable

/posts/:title/
  X-Robots-Tag: nosnippet
  ! X-Frame-Options
"""

# As in https://docs.netlify.com/routing/redirects/ and https://developers.cloudflare.com/pages/configuration/redirects/.
ELEVENTY_REDIRECTS = """\
# Redirects from what the browser requests to what we serve
/home                          /
/blog/my-post.php              /posts/deep/
/news/:year/:month/:date/:slug /posts/:slug/   302
/articles/*                    /posts/:splat   301
"""

ELEVENTY = GeneratedSite(
    package="@11ty/eleventy@3.1.8",
    command=("eleventy",),
    output="_site",
    sources={
        "package.json": '{"type": "module"}',
        "eleventy.config.js": ELEVENTY_CONFIG,
        "src/_includes/base.njk": ELEVENTY_LAYOUT,
        "src/index.md": "---\nlayout: base.njk\ntitle: Start\n---\n# Start\n\n[A deep link](/posts/deep/)\n" + TEXT,
        "src/posts/deep.md": "---\nlayout: base.njk\ntitle: Deep\n---\n# Deep\n",
        "src/404.md": "---\nlayout: base.njk\ntitle: Nothing\npermalink: 404.html\n---\n# No star of that name\n",
        "src/style.css": STYLE,
        "src/script.js": SCRIPT,
        "src/star.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="9"/></svg>',
        "src/_headers": ELEVENTY_HEADERS,
        "src/_redirects": ELEVENTY_REDIRECTS,
    },
    settings="",
    deep="/posts/deep/",
    redirects={"/home": "/", "/blog/my-post.php": "/posts/deep/", "/news/2024/02/12/deep": "/posts/deep/",
               "/articles/deep/": "/posts/deep/", "/posts/deep": "/posts/deep/"},
    immutable="public, max-age=31536000, immutable",
    headers={"x-frame-options": "DENY", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
             "content-security-policy": "default-src 'self'", "x-robots-tag": None},
    missing="No star of that name",
)

# The first rule is that of https://vitepress.dev/guide/deploy#netlify-vercel-cloudflare-pages-aws-amplify-render.
VITEPRESS_HEADERS = """\
/assets/*
  cache-control: max-age=31536000
  cache-control: immutable
"""

VITEPRESS_CONFIG = """\
export default {
  title: 'Twins', description: 'Two stars', cleanUrls: true,
  head: [['link', { rel: 'icon', href: '/star.svg' }]],
  themeConfig: { sidebar: [{ text: 'Deep', link: '/guide/deep' }] },
};
"""

VITEPRESS = GeneratedSite(
    package="vitepress@1.6.4",
    command=("vitepress", "build"),
    output=".vitepress/dist",
    sources={
        "package.json": '{"type": "module"}',
        ".vitepress/config.mjs": VITEPRESS_CONFIG,
        "index.md": "# Start\n\n[A deep link](/guide/deep)\n",
        "guide/deep.md": "# Deep\n\n```js\nexport const pollux = 'orange';\n```\n",
        "public/star.svg": ELEVENTY.sources["src/star.svg"],
        "public/_headers": VITEPRESS_HEADERS,
        "public/_redirects": "/docs/*  /guide/:splat  301\n/start   /  302\n",
    },
    settings="clean_urls = on",  # Which the services have by default.
    deep="/guide/deep",
    redirects={"/docs/deep": "/guide/deep", "/start": "/", "/guide/deep.html": "/guide/deep", "/index.html": "/"},
    immutable="max-age=31536000, immutable",
    headers={"x-frame-options": None},
    missing="PAGE NOT FOUND",
)

SITES = (ELEVENTY, VITEPRESS)
