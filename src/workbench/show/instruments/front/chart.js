export default {
  async render({ model, el }) {
    const root = document.createElement("div");
    root.className = "workbench-chart";
    el.append(root);
    let result, drawing = Promise.resolve(), timer, down = { x: 0, y: 0 }, columns;
    const mark = () => result?.view.signal("marked", model.get("marked")).runAsync();
    const listen = name => result.view.addSignalListener(name, (_, ranges) => {
      clearTimeout(timer);
      if (Object.keys(ranges).length) timer = setTimeout(() => model.send({ drag: name, ranges }), 40);
    });
    // The charts of a row stand beside each other, or below each other where there is no room for that.
    const room = () => (el.clientWidth >= 915 ? 3 : el.clientWidth >= 650 ? 2 : 1);
    const fitted = () => {
      const spec = structuredClone(model.get("spec"));
      for (const row of columns < 3 ? spec.vconcat : []) {
        Object.assign(row, { concat: row.hconcat, columns, align: "each" });
        delete row.hconcat;
      }
      return spec;
    };
    // Most questions change the numbers alone: what Vega-Lite made of the last specifications is kept without them.
    const compiled = new Map(), options = { actions: false, renderer: "canvas" };
    const embed = async spec => {
      const { datasets, description, params, ...frame } = spec;
      const key = JSON.stringify(frame), known = compiled.get(key);
      const data = known?.data.map(source => ({ ...source, ...(source.name in datasets && { values: datasets[source.name] }) }));
      if (known) return vegaEmbed(root, { ...structuredClone(known), data, description }, { ...options, mode: "vega" });
      const made = await vegaEmbed(root, spec, options);
      const bare = made.vgSpec.data.map(source => (source.name in datasets ? { ...source, values: [] } : source));
      compiled.set(key, { ...made.vgSpec, data: bare });
      if (compiled.size > 8) compiled.delete(compiled.keys().next().value);
      return made;
    };
    const draw = async () => {
      result?.finalize();
      columns = room();
      result = await embed(fitted());
      result.view.addEventListener("mousedown", event => { down = { x: event.clientX, y: event.clientY }; });
      result.view.addEventListener("click", (event, item) => {
        if (Math.hypot(event.clientX - down.x, event.clientY - down.y) > 3) return;  // the end of a drag
        model.send({ checkpoint: item?.datum?.checkpoint ?? null, add: event.shiftKey });
      });
      for (const param of model.get("spec").params) if (param.select) listen(param.name);
      await mark();
      root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
    };
    const queue = () => (drawing = drawing.then(draw).catch(error => { root.textContent = "Cannot draw: " + error; }));
    model.on("change:spec", queue);
    model.on("change:marked", mark);
    await queue();
    const watch = new ResizeObserver(() => { if (el.clientWidth && room() !== columns) queue(); });
    watch.observe(el);
    return () => { watch.disconnect(); model.off("change:spec", queue); model.off("change:marked", mark); result?.finalize(); };
  },
};
