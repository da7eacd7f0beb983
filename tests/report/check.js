// Opens the report of a dataset as a reader would, and compares what the page shows with the numbers beside it in `report.json`.
const { chromium } = require('playwright-core');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const [executablePath, folder, pictures] = process.argv.slice(2);
const report = JSON.parse(fs.readFileSync(path.join(folder, 'report.json'), 'utf8'));
const url = pathToFileURL(path.join(folder, 'report.html')).href;

/** The contrast of two colours as WCAG 2.2 defines it, from 1 to 21. */
function contrast(a, b) {
  const luminance = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** What a reader sees, read in the page. */
function look() {
  const style = (element) => getComputedStyle(element);
  const paper = style(document.body).backgroundColor;
  const texts = [...document.querySelectorAll('svg text')].filter((text) => text.textContent.trim());
  return {
    paper,
    ink: style(document.body).color,
    scripts: document.scripts.length,
    charts: [...document.querySelectorAll('svg')].map((svg) => {
      const box = svg.getBoundingClientRect();
      return { width: box.width, height: box.height, shapes: svg.querySelectorAll('rect, polygon, path').length };
    }),
    // `fill` decides unless the chart leaves it to the text's colour.
    inks: [...new Set(texts.map((text) => style(text).fill))],
    kinds: [...document.querySelectorAll('details table tr')].slice(1).map((row) => row.cells[0].textContent),
    headings: [...document.querySelectorAll('h3')].map((heading) => heading.textContent),
    articles: [...document.querySelectorAll('article')].map((article) => ({
      sample: article.children[0].textContent.trim().length,
      source: article.children[1].querySelector('pre').textContent.trim().length,
    })),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}

(async () => {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  const papers = new Set();
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 400]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 }, javaScriptEnabled: true });
      const problems = [];
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('request', (request) => request.url() === url || problems.push(`request of ${request.url()}`));
      await page.goto(url);
      const seen = await page.evaluate(look);
      const where = `${colorScheme}, ${width} pixels`;
      assert.deepStrictEqual(problems, [], where);
      assert.strictEqual(seen.scripts, 0, where);
      assert.ok(seen.overflow <= 0, `${where}: the page is ${seen.overflow} pixels wider than the window`);
      assert.strictEqual(seen.charts.length, 3, where);
      for (const chart of seen.charts) {
        assert.ok(chart.width > 200 && chart.height > 50 && chart.shapes > 2, `${where}: ${JSON.stringify(chart)}`);
      }
      for (const ink of [seen.ink, ...seen.inks]) {
        assert.ok(contrast(ink, seen.paper) >= 4.5, `${where}: ${ink} on ${seen.paper}`);
      }
      const kinds = Object.keys(report.manifest.statistics.kinds).sort();
      assert.deepStrictEqual([...seen.kinds].sort(), kinds, where);
      for (const kind of kinds) assert.ok(seen.headings.includes(kind), `${where}: no sample of ${kind}`);
      for (const article of seen.articles) assert.ok(article.sample > 0 && article.source > 0, where);
      papers.add(seen.paper);
      if (pictures) await page.screenshot({ path: path.join(pictures, `report-${colorScheme}-${width}.png`), fullPage: width > 400 });
      await page.close();
    }
  }
  assert.strictEqual(papers.size, 2, 'light and dark have the same background');
  await browser.close();
  const { kinds } = report.manifest.statistics;
  console.log(`report: ${Object.keys(kinds).length} kinds, light and dark, wide and narrow: all checks passed`);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
