// Enhancement only: every number and every rationale is in the pages without it.
"use strict";
(() => {
  const page = document, root = page.documentElement, by = id => page.getElementById(id);
  const kept = "score-tasks-theme";
  const reveal = element => element.closest("[hidden]")?.removeAttribute("hidden");

  // Theme: as the system has it, light or dark. Where nothing can be kept, it holds for the page.
  const recall = () => { try { return localStorage.getItem(kept); } catch { return null; } };
  const keep = name => { try { localStorage.setItem(kept, name); } catch { /* it holds for the page */ } };
  const button = by("theme"), themes = ["auto", "light", "dark"];
  let theme = Math.max(0, themes.indexOf(recall()));
  const dress = () => {
    const name = themes[theme];
    if (name === "auto") root.removeAttribute("data-theme"); else root.setAttribute("data-theme", name);
    if (button) button.textContent = "Theme: " + name;
  };
  dress();
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => { theme = (theme + 1) % themes.length; keep(themes[theme]); dress(); });
  }

  // Where a citation leads, the row opens.
  const open = () => {
    const target = location.hash.length > 1 && by(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) target.open = true;
    else target?.closest?.("details")?.setAttribute("open", "");
  };
  addEventListener("hashchange", open);
  open();

  // What does not scroll need not be stopped at.
  for (const box of page.querySelectorAll(".tablewrap[tabindex]")) {
    if (box.scrollWidth <= box.clientWidth && box.getClientRects().length) box.removeAttribute("tabindex");
  }

  // Rows of tasks, by what is asked for.
  const sort = by("sort"), tasks = by("tasks");
  if (sort && tasks) {
    reveal(sort);
    sort.addEventListener("change", () => {
      const rows = [...tasks.children].sort((a, b) => b.dataset[sort.value] - a.dataset[sort.value]);
      tasks.append(...rows);
      by("live").textContent = "Sorted by " + sort.selectedOptions[0].textContent;
    });
  }

  // The table of all occupations: search, filter, sort.
  const query = by("q"), body = by("rows");
  if (!query || !body) return;
  const tools = query.closest(".tools"), group = by("grp"), band = by("bandsel"), count = by("count");
  const rows = [...body.rows].map(row => ({ row, text: row.cells[0].textContent.toLowerCase(), others: "" }));
  tools.hidden = false;
  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text, others } of rows) {
      const fits = (!group.value || row.dataset.g === group.value) && (!band?.value || row.dataset.b === band.value)
        && words.every(word => text.includes(word) || others.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown ? shown + " of " + rows.length + " occupations" : "No occupation matches.";
    // So that the way back leads to the same rows, and they can be passed on.
    const address = new URL(location.href);
    for (const [name, value] of [["q", query.value], ["g", group.value], ["b", band?.value]]) {
      if (value) address.searchParams.set(name, value); else address.searchParams.delete(name);
    }
    history.replaceState(null, "", address);
  };
  // Other titles are many, so they come when somebody searches.
  let asked = false;
  const fetchTitles = async () => {
    if (asked) return;
    asked = true;
    try {
      const titles = await (await fetch(tools.dataset.titles)).json();
      for (const entry of rows) {
        const code = entry.row.querySelector("small").textContent;
        entry.others = (titles[code] ?? []).join("; ").toLowerCase();
      }
      filter();
    } catch { /* titles and codes are still searched */ }
  };
  query.addEventListener("focus", fetchTitles);
  for (const tool of [query, group, band]) tool?.addEventListener("input", filter);
  const wanted = new URLSearchParams(location.search);
  const pick = (select, value) => {
    select.value = value ?? "";
    // What there is no choice for is no choice.
    if (select.selectedIndex < 0) select.value = "";
  };
  if (["q", "g", "b"].some(name => wanted.has(name))) {
    pick(group, wanted.get("g"));
    if (band) pick(band, wanted.get("b"));
    query.value = wanted.get("q") ?? "";
    if (query.value) fetchTitles();
    filter();
  }
  for (const button of page.querySelectorAll(".idx th button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th"), column = head.cellIndex, isNumber = head.classList.contains("n");
      // Names begin with the first, numbers with the highest.
      const before = head.getAttribute("aria-sort");
      const rising = before ? before === "descending" : !isNumber;
      for (const other of page.querySelectorAll(".idx th[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const value = row => isNumber ? Number(row.cells[column].dataset.v) : row.cells[column].textContent;
      const order = (a, b) => isNumber ? a - b : a.localeCompare(b);
      const sorted = rows.map(entry => entry.row).sort((a, b) => order(value(a), value(b)));
      body.append(...(rising ? sorted : sorted.reverse()));
      count.textContent = "Sorted by " + button.textContent + (rising ? ", rising" : ", falling");
    });
  }
})();
