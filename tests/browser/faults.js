// What a reader of a page would stumble over, as a list of {kind, text, measured, at}; an empty list is a good page.
//   faint    ink and ground of a text differ by less than WCAG's 4.5 to 1
//   tiny     letters of a chart are drawn smaller than 7 pixels
//   cut      a text, or a picture, goes beyond a box that hides the rest
//   over     a text lies on another
//   covered  something opaque lies on a text
//   sideways something scrolls, or spills, to the side
//   blank    a chart without marks
//   nameless a chart without a name in the accessibility tree
// `selector` says where to look.
(selector) => {
  const found = [], styles = new Map(), px = Math.round;
  const style = one => styles.get(one) ?? styles.set(one, getComputedStyle(one)).get(one);
  const roots = [...document.querySelectorAll(selector)].filter(one => one.checkVisibility());
  const at = one => {
    const names = [];
    for (let a = one; a && a !== document.body && names.length < 4; a = a.parentElement)
      names.unshift(a.tagName.toLowerCase() + (a.id ? "#" + a.id : [...a.classList].slice(0, 2).map(c => "." + c).join("")));
    return names.join(" > ");
  };
  const tell = (kind, one, text, measured) =>
    found.push({kind, text: text.trim().replace(/\s+/g, " ").slice(0, 70), measured, at: at(one)});

  // Colours
  const rgba = text => { const n = (text.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => sum + share * linear(c[i] / 255), 0.05);
  const ratio = (a, b) => { const [low, high] = [light(a), light(b)].sort((x, y) => x - y); return high / low; };
  const faded = (colour, share) => [...colour.slice(0, 3), colour[3] * share];
  const opacity = one => { let all = 1; for (let a = one; a; a = a.parentElement) all *= +style(a).opacity; return all; };
  const canvasColour = matchMedia("(prefers-color-scheme: dark)").matches &&
    style(document.documentElement).colorScheme.includes("dark") ? [18, 18, 18, 1] : [255, 255, 255, 1];
  const inFill = (shape, x, y) => {
    const matrix = shape.getScreenCTM?.();
    return matrix && shape.isPointInFill(new DOMPoint(x, y).matrixTransform(matrix.inverse()));
  };
  // Layers from the top down, at a point: shapes of the same drawing before the text, then boxes around it.
  const layers = (one, x, y) => {
    const colours = [], drawing = one.closest("svg");
    if (drawing) {
      const shapes = [...drawing.querySelectorAll("path, rect, circle, ellipse, polygon")];
      for (const shape of shapes.reverse()) {
        if (!(shape.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
        const box = shape.getBoundingClientRect(), fill = style(shape).fill;
        if (fill === "none" || !fill.startsWith("rgb") || shape.closest("clipPath, defs")) continue;
        if (x < box.left || x > box.right || y < box.top || y > box.bottom || !inFill(shape, x, y)) continue;
        colours.push(faded(rgba(fill), style(shape).fillOpacity * opacity(shape)));
      }
    }
    const stack = document.elementsFromPoint(x, y), place = stack.indexOf(one), chain = [];
    for (let a = drawing ?? one; a; a = a.parentElement) chain.push(a);
    for (const a of !drawing && place >= 0 ? stack.slice(place) : chain) {
      if (a instanceof SVGElement && a.tagName !== "svg") continue;
      const own = style(a);
      const stops = own.backgroundImage.includes("gradient") ? own.backgroundImage.match(/rgba?\([^)]*\)/g) ?? [] : [];
      const plain = rgba(own.backgroundColor), grounds = stops.map(rgba);
      colours.push(faded(grounds[0] ?? plain, opacity(a)));
    }
    return colours;
  };
  const ground = (one, x, y) => {
    const colours = layers(one, x, y), end = colours.findIndex(c => c[3] > 0.999);
    return (end < 0 ? [...colours, canvasColour] : colours.slice(0, end + 1)).reduceRight((below, c) => over(c, below));
  };

  // Where a box can be seen: cut off by what hides, moved out of sight by what scrolls.
  const seen = (one, box) => {
    let r = {left: box.left, right: box.right, top: box.top, bottom: box.bottom}, lost = 0;
    for (let child = one, a = one; a && a !== document.body; child = a, a = a.parentElement) {
      const position = style(child).position;
      if (child !== a && position === "fixed") break;
      if (child !== a && position === "absolute" && style(a).position === "static" && a !== child.offsetParent) continue;
      const own = style(a), clips = [own.overflowX, own.overflowY];
      if (clips.every(c => c === "visible") || own.display === "inline" || a.tagName === "g") continue;
      const b = a.getBoundingClientRect(), left = b.left + a.clientLeft, top = b.top + a.clientTop;
      const right = a.tagName === "svg" ? b.right : left + a.clientWidth, bottom = a.tagName === "svg" ? b.bottom : top + a.clientHeight;
      const hides = c => c === "hidden" || c === "clip";
      if (hides(clips[0])) lost = Math.max(lost, left - r.left, r.right - right);
      if (hides(clips[1])) lost = Math.max(lost, top - r.top, r.bottom - bottom);
      r = {left: Math.max(r.left, left), right: Math.min(r.right, right), top: Math.max(r.top, top), bottom: Math.min(r.bottom, bottom)};
      if (r.left >= r.right || r.top >= r.bottom) return {lost, box: null};
    }
    return {lost, box: r};
  };

  // Texts, a box a line. Boxes are as high as the font; a fifth above and below holds no ink of most letters.
  const pieces = [], known = new Set(), contrasts = [];
  // What a drawing's filter makes of a colour: invert(a), then the hue turned by half a circle.
  const filtered = (drawing, colour) => {
    const turned = drawing && style(drawing).filter.match(/^invert\(([\d.]+)\) hue-rotate\(180deg\)$/);
    if (!turned) return colour;
    const [r, g, b] = colour.map(c => c + +turned[1] * (255 - 2 * c)), grey = 2 * (0.213 * r + 0.715 * g + 0.072 * b);
    return [r, g, b].map(c => Math.min(255, Math.max(0, grey - c))).concat(1);
  };
  const faint = (one, text, ink, x, y) => {
    const drawing = one.closest("svg.marks"), back = ground(one, x, y), value = ratio(filtered(drawing, over(ink, back)), filtered(drawing, back));
    contrasts.push(value);
    return value < 4.5 ? {value: +value.toFixed(2), ink: ink.slice(0, 3).map(px), back: back.slice(0, 3).map(px)} : null;
  };
  const read = node => {
    const one = node.parentElement, own = style(one), drawn = one instanceof SVGElement;
    if (one.closest("script, style, noscript, option, mjx-assistive-mml, .katex-mathml, title, desc")) return;
    if (!one.checkVisibility({visibilityProperty: true, contentVisibilityAuto: false})) return;
    const ink = faded(rgba(drawn ? own.fill : own.color), (drawn ? own.fillOpacity : 1) * opacity(one));
    if (drawn && own.fill === "none" || ink[3] === 0) return;
    const range = document.createRange(), text = node.data;
    range.selectNodeContents(node);
    const matrix = drawn && one.getScreenCTM(), turn = matrix ? Math.abs(Math.atan2(matrix.b, matrix.a)) : 0;
    const scale = matrix ? Math.hypot(matrix.a, matrix.b) : 1, size = scale * parseFloat(own.fontSize);
    if (one.closest("svg.marks") && size < 7) tell("tiny", one, text, +size.toFixed(1));
    const upright = Math.abs(turn - Math.PI / 2) < 0.1, level = turn < 0.1 || turn > 3.04;
    let worst = null;
    for (const line of drawn ? [one.getBoundingClientRect()] : range.getClientRects()) {
      if (line.width < 2 || line.height < 2) continue;
      const dx = upright ? line.width / 5 : 0, dy = upright ? 0 : line.height / 5;
      const box = {left: line.left + dx, right: line.right - dx, top: line.top + dy, bottom: line.bottom - dy};
      const visible = seen(one, box);
      if (visible.lost > 2 && !(own.clip === "rect(0px, 0px, 0px, 0px)")) tell("cut", one, text, px(visible.lost));
      if (!visible.box) continue;
      const b = visible.box, y = (b.top + b.bottom) / 2;
      if (level || upright) pieces.push({node, one, text, ...b});
      for (const x of drawn ? [b.left + 2, (b.left + b.right) / 2, b.right - 2] : [(b.left + b.right) / 2]) {
        const value = faint(one, text, ink, x, y);
        if (value && (!worst || value.value < worst.value)) worst = value;
      }
      if (!drawn) {
        const above = document.elementsFromPoint((b.left + b.right) / 2, y), place = above.indexOf(one);
        const lid = above.slice(0, Math.max(place, 0)).find(a => !one.contains(a) && (rgba(style(a).backgroundColor)[3] > 0.5 ||
          /^(IMG|CANVAS)$/.test(a.tagName)) && opacity(a) > 0.5);
        if (lid && !lid.contains(one)) tell("covered", one, text, at(lid));
      }
    }
    if (worst) tell("faint", one, text, worst);
  };
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) if (node.data.trim() && !known.has(node)) known.add(node) && read(node);
  }

  pieces.sort((a, b) => a.top - b.top);
  const told = new Set();
  pieces.forEach((a, i) => {
    for (let j = i + 1; j < pieces.length && pieces[j].top < a.bottom - 2; j++) {
      const b = pieces[j], wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide <= 2 || high <= 2 || a.node === b.node || told.has(a.node)) continue;
      told.add(a.node);
      tell("over", b.one, `${b.text.trim().slice(0, 30)} | ${a.text.trim().slice(0, 30)}`, [px(wide), px(high)]);
    }
  });

  const inside = new Set(roots.flatMap(root => [root, ...root.querySelectorAll("*")]).filter(one => one.checkVisibility()));
  const around = new Set(roots.flatMap(root => { const all = []; for (let a = root; a; a = a.parentElement) all.push(a); return all; }));
  const pen = document.createElement("canvas").getContext("2d");
  for (const one of inside) {
    const tag = one.tagName, own = style(one);
    if (/^(IMG|CANVAS|svg)$/.test(tag) && !one.parentElement.closest("svg") && opacity(one) > 0) {
      const box = one.getBoundingClientRect(), visible = seen(one.parentElement, box);
      if (visible.lost > 2) tell("cut", one, one.alt ?? tag, px(visible.lost));
    }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(tag) && !/^(checkbox|radio|range|hidden|color)$/.test(one.type)) {
      const text = tag === "SELECT" ? one.selectedOptions[0]?.text ?? "" : one.value || one.placeholder;
      const box = one.getBoundingClientRect();
      if (!text || !box.width) continue;
      pen.font = own.font;
      const room = one.clientWidth - parseFloat(own.paddingLeft) - parseFloat(own.paddingRight), wide = pen.measureText(text).width;
      if (wide > room + 1 && tag !== "TEXTAREA") tell("cut", one, text, px(wide - room));
      const shown = one.value || tag === "SELECT" ? own : getComputedStyle(one, "::placeholder");
      const worst = faint(one, text, faded(rgba(shown.color), +(shown === own ? 1 : shown.opacity) * opacity(one)), box.left + 4, box.top + box.height / 2);
      if (worst) tell("faint", one, text, worst);
    }
  }
  for (const one of new Set([...inside, ...around])) {
    const own = style(one), spare = one.scrollWidth - one.clientWidth;
    const scrolls = /auto|scroll/.test(own.overflowX) || one === document.documentElement;
    if (scrolls && one.clientWidth && spare > 1 && !(one instanceof SVGElement)) tell("sideways", one, one.textContent.slice(0, 200), spare);
  }

  let charts = 0;
  const shown = [...inside].filter(one => one.matches(".vega-embed, .workbench-chart, .chart"));
  for (const chart of shown.filter(one => !shown.some(other => other !== one && other.contains(one)))) {
    charts += 1;
    const canvas = chart.querySelector("canvas"), marks = chart.querySelectorAll("svg.marks :is(path, circle, rect, image)[fill], svg.marks image").length;
    let colours = marks;
    if (canvas) {
      const all = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      colours = new Set(all.filter((_, i) => i % 7 === 0)).size;
    }
    const named = [chart, ...chart.querySelectorAll("[aria-label]")].find(one => /^(graphics-document|img|figure)$/.test(one.getAttribute("role")));
    const name = named?.getAttribute("aria-label") ?? "";
    if (colours < 3) tell("blank", chart, name, colours);
    if (!name || /^(vega )?visualization$/i.test(name)) tell("nameless", chart, name || "no name", charts);
  }
  return {faults: found, texts: known.size, charts, lowest: +Math.min(21, ...contrasts.filter(v => v > 0)).toFixed(2)};
}
