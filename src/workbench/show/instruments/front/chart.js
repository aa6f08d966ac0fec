export default {
  async render({ model, el }) {
    const root = document.createElement("div");
    root.className = "workbench-chart";
    el.append(root);
    let result, drawing = Promise.resolve(), timer, down = { x: 0, y: 0 };
    const mark = () => result?.view.signal("marked", model.get("marked")).runAsync();
    const listen = name => result.view.addSignalListener(name, (_, ranges) => {
      clearTimeout(timer);
      if (Object.keys(ranges).length) timer = setTimeout(() => model.send({ drag: name, ranges }), 40);
    });
    const draw = async () => {
      result?.finalize();
      result = await vegaEmbed(root, structuredClone(model.get("spec")), { actions: false, renderer: "canvas" });
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
    return () => { model.off("change:spec", queue); model.off("change:marked", mark); result?.finalize(); };
  },
};
