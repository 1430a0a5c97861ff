"use strict";
(function () {
  const PAGE = 50;
  const rows = window.EVIDENCE || [];
  const at = (id) => document.getElementById(id);
  const fields = ["q", "kind", "drug", "condition", "outcome", "phase", "problems"].map(at);
  const [query, kind, drug, condition, outcome, phase, problems] = fields;
  let page = 0;

  // what a search looks in, folded once
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  const haystack = rows.map((row) => fold([row.n, row.m || "", row.v || "", row.a || ""].concat(row.d, row.c, row.o).join(" ")));

  function fill(select, key) {
    const counts = new Map();
    for (const row of rows) {
      if (row.t !== "trial") continue;
      for (const value of Array.isArray(row[key]) ? row[key] : [row[key]]) if (value) counts.set(value, (counts.get(value) || 0) + 1);
    }
    for (const [value, count] of [...counts].sort((a, b) => a[0].localeCompare(b[0]))) {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = `${value} (${count})`;
      select.append(option);
    }
  }
  fill(drug, "d"); fill(condition, "c"); fill(outcome, "o"); fill(phase, "h");

  function found() {
    const words = fold(query.value).split(/\s+/).filter(Boolean);
    return rows.filter((row, i) =>
      row.t === kind.value &&
      words.every((word) => haystack[i].includes(word)) &&
      (!drug.value || row.d.includes(drug.value)) &&
      (!condition.value || row.c.includes(condition.value)) &&
      (!outcome.value || row.o.includes(outcome.value)) &&
      (!phase.value || row.h === phase.value) &&
      (!problems.checked || row.x > 0));
  }

  const heads = {
    trial: ["Trial", "Treatments", "Conditions", "Phase", "Enrolled", "Figures", "Documents"],
    result: ["Trial", "Outcome", "Time", "Groups", "Measure", "Figure"],
  };
  function cells(row) {
    if (row.t === "trial") {
      return [row.n + (row.b ? " (only cited)" : ""), row.d.join(", "), row.c.join(", "), row.h, row.e === null ? "" : String(row.e), String(row.r), row.w];
    }
    return [row.n, row.o.join(", "), row.s, row.a, row.m, row.v + (row.x ? " (contradicted)" : "")];
  }

  function show() {
    const all = found();
    const last = Math.max(0, Math.ceil(all.length / PAGE) - 1);
    page = Math.min(page, last);
    const table = at("found");
    const head = document.createElement("tr");
    for (const name of heads[kind.value]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      head.append(cell);
    }
    table.tHead.replaceChildren(head);
    const body = all.slice(page * PAGE, (page + 1) * PAGE).map((row) => {
      const line = document.createElement("tr");
      cells(row).forEach((text, i) => {
        const cell = document.createElement("td");
        cell.dir = "auto";
        if (i === 0) {
          const link = document.createElement("a");
          link.href = row.p;
          link.textContent = text;
          cell.append(link);
        } else {
          cell.textContent = text;
        }
        line.append(cell);
      });
      return line;
    });
    table.tBodies[0].replaceChildren(...body);
    at("count").textContent = all.length === 1 ? "1 found" : `${all.length} found`;
    at("where").textContent = last ? `${page + 1} of ${last + 1}` : "";
    at("back").disabled = page === 0;
    at("on").disabled = page === last;
  }

  let waiting = 0;
  for (const field of fields) {
    field.addEventListener(field === query ? "input" : "change", () => {
      page = 0;
      clearTimeout(waiting);
      waiting = setTimeout(show, field === query ? 80 : 0);
    });
  }
  at("search").addEventListener("submit", (event) => event.preventDefault());
  at("back").addEventListener("click", () => { page -= 1; show(); });
  at("on").addEventListener("click", () => { page += 1; show(); });
  show();
})();
