export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.className = "workbench";
    root.tabIndex = 0;
    root.setAttribute("role", "group");
    const draw = () => {
      const active = root.contains(document.activeElement) ? document.activeElement : null;
      const action = active?.dataset.action, scroll = root.querySelector(".scroll")?.scrollTop;
      root.setAttribute("aria-label", model.get("label"));
      root.innerHTML = model.get("html");
      if (scroll) root.querySelector(".scroll")?.scrollTo(0, scroll);
      // The element that had the focus is gone; its successor takes it.
      const successor = root.querySelector(`[data-action="${CSS.escape(action ?? "")}"]`) ?? root;
      if (active) successor.focus({ preventScroll: true });
    };
    root.addEventListener("click", event => {
      const button = event.target.closest("[data-action], [data-copy]");
      if (button?.dataset.copy) {
        navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "copied"; });
      } else if (button) model.send({ action: button.dataset.action });
      else root.focus({ preventScroll: true });
    });
    root.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
      if (event.key === "Escape" && !model.get("takes").includes("Escape")) return;
      event.stopPropagation();
      if (event.target !== root && [" ", "Enter"].includes(event.key)) return;
      if (!model.get("takes").includes(event.key)) return;
      event.preventDefault();
      model.send({ action: "key:" + event.key });
    });
    model.on("change:html", draw);
    draw();
    el.append(root);
    return () => model.off("change:html", draw);
  },
};
