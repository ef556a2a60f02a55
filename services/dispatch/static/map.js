// Draws what stands in the tables below the map, and draws it anew whenever they were read again.
"use strict";
(() => {
  const container = document.getElementById("map");
  // Names do not fade: drawn anew at every change, each would be seen twice for a moment.
  const map = L.map(container, { attributionControl: false, zoomControl: true, fadeAnimation: false });
  if (container.dataset.tiles) L.tileLayer(container.dataset.tiles, { maxZoom: 18 }).addTo(map);
  const SIZES = { unit: 16, station: 14, job: 20 };
  let drawn = L.layerGroup().addTo(map);
  let fitted = false;

  function marker({ kind, name, state, latitude, longitude }) {
    const at = [Number(latitude), Number(longitude)];
    if (kind === "place") {
      const dot = L.circleMarker(at, { radius: 3, className: "at-place", color: "#74838f", weight: 1, fillOpacity: 1 });
      return dot.bindTooltip(name, { permanent: true, direction: "right", className: "place-name" });
    }
    const size = SIZES[kind];
    const icon = L.divIcon({ className: `at-${kind} is-${state ?? "there"}`, iconSize: [size, size] });
    const drawing = L.marker(at, { icon, keyboard: false, alt: name, zIndexOffset: kind === "job" ? 500 : 0 });
    return drawing.bindTooltip(name, { permanent: kind !== "station", direction: kind === "job" ? "left" : "top" });
  }

  function draw() {
    const fresh = L.layerGroup();
    const points = [];
    for (const row of document.querySelectorAll("#positions [data-kind]")) {
      fresh.addLayer(marker(row.dataset));
      points.push([Number(row.dataset.latitude), Number(row.dataset.longitude)]);
    }
    drawn.remove();
    drawn = fresh.addTo(map);
    if (fitted) return;
    if (points.length) map.fitBounds(points, { padding: [24, 24] });
    else map.setView([42.7, 25.5], 7);
    fitted = true;
  }
  draw();
  document.body.addEventListener("htmx:afterSettle", draw);
})();
