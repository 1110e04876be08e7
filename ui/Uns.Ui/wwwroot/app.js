// The few things that only the browser can do.
window.uns = {
  // What was typed and not saved outlives a lost page: the form as the hub last knew it, and the field that was being typed in.
  keep: (key, text) => { try { if (text === null) { sessionStorage.removeItem(key); } else { sessionStorage.setItem(key, text); } sessionStorage.removeItem("uns.field"); } catch { /* No room: nothing is kept. */ } },
  hasKept: (key) => { try { return sessionStorage.getItem(key) !== null; } catch { return false; } },
  kept: (key) => new TextEncoder().encode(sessionStorage.getItem(key) ?? ""),
  refill: () => {
    try {
      const { label, at, value } = JSON.parse(sessionStorage.getItem("uns.field") ?? "{}");
      const field = label && document.querySelectorAll(`[data-keep] ${label}`)[at];
      if (field && field.value !== value) { field.value = value; field.dispatchEvent(new Event("change", { bubbles: true })); }
    } catch { /* Nothing to fill in. */ }
  },

  // The name of whoever sits here, kept by the browser; given one, it is kept.
  author: (name) => { try { if (name !== undefined) localStorage.setItem("uns.author", name); return localStorage.getItem("uns.author"); } catch { return null; } },

  copy: (text) => navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => false) : false,

  // Watches a chart: its width, the pointer over it, and a part that is drawn over to be seen closer.
  chart: (box, page) => {
    const plot = () => {
      const outer = box.getBoundingClientRect();
      const left = outer.left + parseFloat(box.dataset.left), right = outer.right - parseFloat(box.dataset.right);
      return { left, width: right - left };
    };
    const share = (x) => { const p = plot(); return Math.min(1, Math.max(0, (x - p.left) / p.width)); };
    let begun = null, asked = false, wanted = null;
    const tell = async () => {
      if (asked) return; // One question at a time: a slow line skips, it never queues.
      asked = true;
      while (wanted) { const [share] = wanted; wanted = null; await page.invokeMethodAsync("Pointed", share).catch(() => {}); }
      asked = false;
    };
    const draw = (to) => {
      const layer = box.querySelector("g.drawn");
      if (!layer) return;
      layer.replaceChildren();
      if (begun === null || to === null) return;
      const from = box.getBoundingClientRect().left, svg = box.querySelector("svg");
      const part = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      part.setAttribute("x", Math.min(begun, to) - from);
      part.setAttribute("width", Math.abs(to - begun));
      part.setAttribute("y", 6);
      part.setAttribute("height", Math.max(0, svg.clientHeight - 28));
      part.setAttribute("class", "drawn");
      layer.append(part);
    };
    const events = {
      pointerdown: (e) => { if (e.button === 0) { begun = e.clientX; box.setPointerCapture(e.pointerId); } },
      pointermove: (e) => { if (begun !== null) { draw(e.clientX); } else { wanted = [share(e.clientX)]; tell(); } },
      pointerup: (e) => {
        const from = begun;
        begun = null;
        draw(null);
        if (from !== null && Math.abs(e.clientX - from) > 5) { page.invokeMethodAsync("Drawn", share(from), share(e.clientX)).catch(() => {}); }
      },
      pointerleave: () => { wanted = [null]; tell(); },
    };
    for (const [name, act] of Object.entries(events)) box.addEventListener(name, act);
    const sizes = new ResizeObserver(() => page.invokeMethodAsync("Sized", box.clientWidth).catch(() => {}));
    sizes.observe(box);
    box.dataset.watched = "yes";
    return { stop: () => { sizes.disconnect(); for (const [name, act] of Object.entries(events)) box.removeEventListener(name, act); } };
  },

  // The chart as a picture, as it stands there.
  png: async (box, name) => {
    const svg = box.querySelector("svg");
    if (!svg) return;
    const copy = svg.cloneNode(true), seen = svg.querySelectorAll("*"), made = copy.querySelectorAll("*");
    seen.forEach((part, i) => {
      const look = getComputedStyle(part);
      for (const word of ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font", "opacity"]) made[i].style.setProperty(word, look.getPropertyValue(word));
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [svg.clientWidth * 2, svg.clientHeight * 2];
    const pen = canvas.getContext("2d");
    pen.fillStyle = getComputedStyle(box.closest(".card")).backgroundColor;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    const link = document.createElement("a");
    [link.href, link.download] = [canvas.toDataURL("image/png"), name];
    link.click();
  },
};

// The field that is being typed in, letter by letter: the hub hears of it only when it is left.
document.addEventListener("input", (e) => {
  const field = e.target;
  if (!field.closest || !field.closest("[data-keep]") || field.type === "checkbox" || field.type === "password") return;
  const label = field.id ? `#${CSS.escape(field.id)}` : `[aria-label="${CSS.escape(field.getAttribute("aria-label") ?? "")}"]`;
  try { sessionStorage.setItem("uns.field", JSON.stringify({ label, at: [...document.querySelectorAll(`[data-keep] ${label}`)].indexOf(field), value: field.value })); } catch { /* No room. */ }
});

// A tree by keys, as the tree pattern of ARIA has it: up and down, open and closed, first and last, pick, and the first letter.
document.addEventListener("keydown", (e) => {
  // A button within a line that was clicked holds the focus for its line.
  const item = e.target.matches?.("[role=treeitem] > .row > button") ? e.target.closest("[role=treeitem]") : e.target;
  if (e.defaultPrevented || !item.matches || !item.matches("[role=treeitem]") || e.ctrlKey || e.altKey || e.metaKey) return;
  const tree = item.closest("[role=tree]"), items = () => [...tree.querySelectorAll("[role=treeitem]")];
  const all = items(), at = all.indexOf(item), level = (i) => Number(i.getAttribute("aria-level")), state = item.getAttribute("aria-expanded");
  const go = (to) => { if (to) { for (const i of items()) i.tabIndex = i === to ? 0 : -1; to.focus(); } };
  switch (e.key) {
    case "ArrowDown": go(all[at + 1]); break;
    case "ArrowUp": go(all[at - 1]); break;
    case "Home": go(all[0]); break;
    case "End": go(all.at(-1)); break;
    case "ArrowRight":
      if (state === "false") { item.querySelector("button.fold").click(); } else if (all[at + 1] && level(all[at + 1]) > level(item)) { go(all[at + 1]); }
      break;
    case "ArrowLeft":
      if (state === "true") { item.querySelector("button.fold").click(); } else { go(all.slice(0, at).findLast((i) => level(i) < level(item))); }
      break;
    case "Enter": case " ": {
      // A box is ticked by the space bar, with shift as by the mouse; Enter opens what opens.
      const box = item.querySelector(":scope > .row > .pick"), fold = item.querySelector(":scope > .row > button.fold");
      if (box && (e.key === " " || !fold)) { box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: e.shiftKey })); break; }
      (item.querySelector(":scope > .row > button.name") ?? item.querySelector("button"))?.click(); break;
    }
    default:
      if (e.key.length !== 1) return;
      go([...all.slice(at + 1), ...all.slice(0, at)].find((i) => i.getAttribute("aria-label").toLowerCase().startsWith(e.key.toLowerCase())));
  }
  e.preventDefault();
});

// Enter in a field does what its button does, once what was typed is told; a name that is only proposed is typed over.
document.addEventListener("keydown", (e) => {
  const button = e.key === "Enter" && e.target.dataset?.enter;
  if (button) { e.target.dispatchEvent(new Event("change", { bubbles: true })); document.querySelector(button)?.click(); e.preventDefault(); }
});
document.addEventListener("focusin", (e) => { if (e.target.matches?.("[data-select]")) { e.target.select(); } });

// Escape leaves what was begun last: the button that does so carries the mark.
document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && !e.defaultPrevented) { [...document.querySelectorAll("[data-escape]")].findLast((b) => !b.disabled && b.offsetParent)?.click(); }
});
