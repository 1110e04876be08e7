// The lines of a long tree of which only those in view are drawn: which these are, the keys, and what stays where it is while others come and go.
window.uns.lines = (list, page) => {
  const box = list.parentElement, row = parseFloat(getComputedStyle(list).getPropertyValue("--row"));
  const count = () => Number(list.dataset.count), line = (item) => Number(item.dataset.line), items = () => [...list.children];
  const find = (path) => items().find((i) => i.dataset.path === path);
  const inView = (at) => at * row >= box.scrollTop && (at + 1) * row <= box.scrollTop + box.clientHeight;

  // What is in view is told when less than half a screen around it is drawn. One word at a time: a slow line skips, it never queues.
  const told = { first: -1, seen: 0, reached: "" };
  let telling = false, again = false;
  const tell = async () => {
    again = true;
    if (telling) return;
    telling = true;
    while (again) {
      again = false;
      const first = Math.floor(box.scrollTop / row), seen = Math.ceil(box.clientHeight / row) + 1, half = Math.ceil(seen / 2);
      const reached = list.querySelector("[tabindex='0']")?.dataset.path ?? "";
      const isDrawn = Math.max(0, first - half) >= Number(list.dataset.first) && Math.min(count(), first + seen + half) <= Number(list.dataset.end);
      const isNews = (!isDrawn && first !== told.first) || seen !== told.seen || reached !== told.reached;
      Object.assign(told, { first, seen, reached });
      if (isNews) await page.invokeMethodAsync("Seen", first, seen, reached).catch(() => {});
    }
    telling = false;
  };

  const bring = (at) => {
    if (at * row < box.scrollTop) { box.scrollTop = at * row; } else if (!inView(at)) { box.scrollTop = (at + 1) * row - box.clientHeight; }
  };
  const focus = (item) => {
    for (const other of list.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus({ preventScroll: true });
    bring(line(item));
    tell();
  };

  // A line that is not drawn is asked for, and gets the focus when it is.
  let wanted = null, asking = false;
  const ask = async (method, ...given) => {
    if (asking) return;
    asking = true;
    wanted = await page.invokeMethodAsync(method, ...given).catch(() => null);
    asking = false;
    take();
  };
  const take = () => {
    const item = wanted && find(wanted);
    if (!item) return;
    wanted = null;
    if (document.activeElement === document.body || list.contains(document.activeElement)) focus(item); // Whoever went elsewhere meanwhile stays there.
  };
  const go = (at) => { const item = items().find((i) => line(i) === at); if (item) { focus(item); } else { ask("Reach", at); } };

  let letters = "", typed = 0;
  const search = (item, key) => {
    letters = performance.now() - typed < 800 ? letters + key : key;
    typed = performance.now();
    ask("Find", [...letters].every((l) => l === key) ? key : letters, item.dataset.path);
  };

  // Lines that come or go above do not move the one under the mouse, the one with the focus, or the first one in view.
  let before = new Map(), top = 0, pointer = null, held = null, looked = null;
  const keepStill = () => {
    const focused = held === document.activeElement && before.get(held.dataset.path);
    const y = pointer !== null ? pointer - box.getBoundingClientRect().top : focused * row >= top && focused * row < top + box.clientHeight ? focused * row - top : 0;
    const was = Math.floor((top + y) / row), path = [...before].find(([, at]) => at === was)?.[0], item = path !== undefined && find(path);
    if (item && line(item) !== was && (top > 0 || pointer !== null)) { box.scrollTop = top + (line(item) - was) * row; }
    before = new Map(items().map((i) => [i.dataset.path, line(i)]));
  };
  const look = () => {
    if (list.dataset.look === looked) return;
    looked = list.dataset.look;
    const at = Number(looked.split(":")[1] ?? "0");
    if (looked && !inView(at)) { box.scrollTop = Math.max(0, at * row - box.clientHeight / 3); }
  };
  const changed = () => {
    keepStill();
    look();
    if (held && !held.isConnected && (document.activeElement ?? document.body) === document.body) {
      const next = find(held.dataset.path) ?? list.querySelector("[tabindex='0']");
      held = null;
      next?.focus({ preventScroll: true });
    }
    take();
    top = box.scrollTop;
    tell();
  };

  const over = (y) => {
    if ((y === null) !== (pointer === null)) { page.invokeMethodAsync("Hovered", y !== null).catch(() => {}); }
    pointer = y;
  };
  const keys = (e) => {
    const item = e.target, at = line(item), state = item.getAttribute("aria-expanded"), screen = Math.max(1, Math.floor(box.clientHeight / row) - 1);
    const to = (wish) => { const there = Math.min(Math.max(0, wish), count() - 1); if (there !== at) go(there); };
    wanted = null;
    if (e.key.length > 1) letters = "";
    switch (e.key) {
      case "ArrowDown": to(at + 1); return true;
      case "ArrowUp": to(at - 1); return true;
      case "PageDown": to(at + screen); return true;
      case "PageUp": to(at - screen); return true;
      case "Home": to(0); return true;
      case "End": to(count() - 1); return true;
      case "ArrowRight": if (state === "false") { item.querySelector("button.fold").click(); } else if (state === "true") { to(at + 1); } return true;
      case "ArrowLeft": {
        const above = item.dataset.path.slice(0, Math.max(0, item.dataset.path.lastIndexOf("/")));
        if (state === "true") { item.querySelector("button.fold").click(); } else if (above) { const there = find(above); if (there) { focus(there); } else { ask("ReachPath", above); } }
        return true;
      }
      case "Enter": case " ": item.querySelector("button.name").click(); return true;
      default: if (e.key.length === 1) { search(item, e.key.toLowerCase()); } return e.key.length === 1;
    }
  };
  const onBox = {
    scroll: () => { top = box.scrollTop; tell(); },
    pointermove: (e) => { if (e.pointerType !== "touch") over(e.clientY); },
    pointerleave: () => over(null),
    keydown: (e) => { if (e.target.matches("[role=treeitem]") && !e.ctrlKey && !e.altKey && !e.metaKey && keys(e)) e.preventDefault(); },
    // The mouse takes the focus along, so that the arrow keys go on from there.
    click: (e) => { const item = e.detail > 0 && e.target.closest("[role=treeitem]"); if (item) focus(item); },
    focusin: (e) => { held = e.target.closest("[role=treeitem]"); },
    focusout: (e) => { if (e.relatedTarget && !list.contains(e.relatedTarget)) held = null; },
  };
  for (const [name, act] of Object.entries(onBox)) box.addEventListener(name, act);
  const changes = new MutationObserver(changed), sizes = new ResizeObserver(() => tell());
  changes.observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["style", "data-look", "data-first", "data-end"] });
  sizes.observe(box);
  changed();
  list.dataset.watched = "yes";
  return { stop: () => { changes.disconnect(); sizes.disconnect(); for (const [name, act] of Object.entries(onBox)) box.removeEventListener(name, act); } };
};
