// The fields of a call: what stands in them, and the document that it stands for (as services/intake/pages/filling.py).
"use strict";
(() => {
  const form = document.getElementById("call");
  const NOT_FACTS = new Set(["csrf", "key", "version", "place", "place_choice", "asked", "mode"]);
  const CHILDREN = "children_there";
  const ROWS = ["victim.children", "perpetrators"];
  const plain = (name) => name.split(":")[0];
  const isPlace = (name) => /^location\.(municipality|settlement|latitude|longitude)$/.test(name);

  function controls(field) {
    return [...form.elements].filter((each) => each.name && plain(each.name) === field && each.type !== "submit");
  }
  function names() {
    const all = [...form.elements].map((each) => each.name && plain(each.name)).filter(Boolean);
    return [...new Set(all)].filter((name) => !NOT_FACTS.has(name) && !isPlace(name));
  }
  function value(field) {
    const found = controls(field);
    const radios = found.filter((each) => each.type === "radio");
    if (radios.length) return radios.find((each) => each.checked)?.value ?? "";
    const boxes = found.filter((each) => each.type === "checkbox");
    if (boxes.length) return boxes.filter((each) => each.checked).map((each) => each.value).sort().join(" ");
    return found[0]?.value.trim() ?? "";
  }
  // What a field shows of something nobody said.
  function unset(field) {
    return controls(field).find((each) => "unset" in each.dataset)?.value ?? (controls(field)[0]?.tagName === "SELECT" ? controls(field)[0].options[0].value : "");
  }
  function set(field, text) {
    const row = /^(.+)\[(\d+)\]\./.exec(field);
    if (row && text) makeRow(row[1], Number(row[2]));
    for (const each of controls(field)) {
      if (each.type === "radio") each.checked = each.value === text;
      else if (each.type === "checkbox") each.checked = text.split(" ").includes(each.value);
      else if (each.type !== "hidden" || !form.querySelector(`[type="checkbox"][name="${each.name}"]`)) each.value = text;
    }
  }

  // --- lists of people ---------------------------------------------------------------------------------------------
  function makeRow(group, number) {
    const list = form.querySelector(`[data-rows="${group}"]`);
    if (!list) return;
    for (let rows = list.querySelectorAll("[data-row]"); rows.length <= number; rows = list.querySelectorAll("[data-row]")) {
      const last = rows[rows.length - 1];
      const copy = last.cloneNode(true);
      const [from, to] = [`${group}[${rows.length - 1}]`, `${group}[${rows.length}]`];
      for (const each of copy.querySelectorAll("[name], [for]")) {
        for (const attribute of ["name", "id", "for"]) {
          if (each.hasAttribute(attribute)) each.setAttribute(attribute, each.getAttribute(attribute).replace(from, to));
        }
        if (each.name) each.value = "";
      }
      const label = copy.querySelector("label");
      label.textContent = label.textContent.replace(String(rows.length), String(rows.length + 1));
      last.after(copy);
    }
  }
  function rowsOf(group) {
    const rows = [];
    for (const each of form.elements) {
      const match = each.name && new RegExp(`^${group.replace(".", "\\.")}\\[(\\d+)\\]\\.(.+)$`).exec(each.name);
      if (!match || (each.type === "radio" && !each.checked)) continue;
      const [key, kind] = match[2].split(":");
      const said = typed(key, kind, each.value.trim());
      if (said !== null && !(said === "unknown" && "unset" in each.dataset)) (rows[Number(match[1])] ??= {})[key] = said;
    }
    const people = rows.filter(Boolean).filter((row) => group !== "victim.children" || row.where);
    return group === "victim.children" && !people.length && value(CHILDREN) === "yes" ? [{ where: "unknown" }] : people;
  }

  // --- as a document -----------------------------------------------------------------------------------------------
  function typed(field, kind, text) {
    if (field === "victim.languages") return text ? text.split(/[\s,;]+/).filter(Boolean) : null;
    if (field === "callback.channels_banned") return text ? text.split(" ") : null;
    if (text === "") return null;
    if (kind === "number" && /^-?\d+([.,]\d+)?$/.test(text)) return Number(text.replace(",", "."));
    if (kind === "truth") return text === "true";
    return text;
  }
  function group(field) {
    if (field === CHILDREN) return "victim.children";
    const list = /^(.+?)\[\d+\]\./.exec(field);
    return list ? list[1] : field;
  }
  function put(document_, path, said) {
    const last = path.pop();
    let inner = document_;
    for (const part of path) inner = inner[part] ??= {};
    inner[last] = said;
  }
  function patchOf(fields) {
    const patch = {};
    for (const each of new Set(fields.map(group))) {
      const kind = controls(each)[0]?.name.split(":")[1];
      put(patch, each.split("."), ROWS.includes(each) ? rowsOf(each) : typed(each, kind, value(each)));
    }
    if (patch.consent?.share_with_centre) Object.assign(patch.consent, { by: "victim", at: new Date(zakrila.now()).toISOString() });
    return patch;
  }
  function flat(facts) {
    const fields = {};
    const walk = (said, name) => {
      if (Array.isArray(said) && said.every((each) => typeof each === "string")) {
        fields[name] = name === "victim.languages" ? said.join(", ") : [...said].sort().join(" ");
      } else if (Array.isArray(said)) said.forEach((each, number) => walk(each, `${name}[${number}]`));
      else if (said && typeof said === "object") for (const [key, each] of Object.entries(said)) walk(each, name ? `${name}.${key}` : key);
      else if (said !== null && said !== undefined) fields[name] = String(said);
    };
    walk(facts, "");
    if (facts.victim?.adults) fields["victim.adults"] = String(facts.victim.adults.length);
    if (facts.victim?.children) fields[CHILDREN] = facts.victim.children.length ? "yes" : "no";
    return fields;
  }
  const all = () => Object.fromEntries(names().map((name) => [name, value(name)]));

  zakrila.fields = { form, controls, names, value, unset, set, patchOf, flat, all, group, makeRow, plain, isPlace };
})();
