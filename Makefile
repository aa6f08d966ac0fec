# Everything runs from .venv, which each target makes when it is missing.
PYTHON ?= python3
BIN := .venv/bin
OUT ?= outputs
LAB ?=

.DEFAULT_GOAL := help
.PHONY: help setup reproduce test test-browser lab dashboard lint scores notebooks bench bench-gpu torture lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: .venv/installed  ## Make .venv and install everything into it (some minutes, about 7 GB with torch)

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1). Install one and run: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks venv. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Setting up .venv; this takes some minutes, once."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sample,dev]'
	@touch $@

reproduce: setup  ## Run every notebook; write figures, tables and the report to outputs/
	@$(BIN)/workbench reproduce --out $(OUT)

test: setup  ## Run all tests: pytest, and strict nbval on the notebooks
	@$(BIN)/pytest -n 2 --dist loadscope --nbval --nbval-current-env tests src notebooks

test-browser: setup  ## Drive JupyterLab in chromium: every notebook, every instrument; pictures in outputs/browser
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
		{ echo "There is no chromium, and it could not be installed. On Debian: sudo apt-get install chromium"; exit 1; }
	@$(BIN)/python -c 'import playwright' 2>/dev/null || \
		$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]'
	@rm -rf outputs/browser
	@$(BIN)/pytest -n 2 --dist loadscope -m browser tests/browser

# Both listen on this machine only, let in who has the token of the address that they print and open, and refuse a
# request that was meant for another host: a page elsewhere could have its own name lead here.
lab: setup  ## Open JupyterLab on the start page
	@[ "$$(id -u)" != 0 ] || case "$(LAB)" in *--allow-root*) ;; *) echo "JupyterLab gives notebooks all rights of root." \
		"In a container, where that is fine: make lab LAB='--allow-root --no-browser'"; exit 1 ;; esac
	@$(BIN)/jupyter lab $(LAB) --ip=127.0.0.1 --notebook-dir=notebooks notebooks/00-start.ipynb

dashboard: setup  ## Open a read-only page with explore on the published and the real scores
	@$(BIN)/voila dashboard/explore.ipynb --Voila.ip=127.0.0.1 --Voila.auto_token=True \
		"--Voila.tornado_settings={'allow_remote_access': False}"

lint: setup  ## Check style and types: ruff, pyright
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/pyright

scores: setup  ## Compute data/scores again from the public files (needs: workbench fetch, workbench fetch openai-class-names)
	@$(BIN)/python -c "from workbench.reproduce import recomputing; recomputing.write()"

notebooks: setup  ## Run the notebooks in place, for committing them with fresh outputs
	@WORKBENCH_STATIC=1 $(BIN)/jupyter nbconvert --log-level WARN --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False notebooks/*.ipynb

bench: setup  ## Measure the engine against timm's loop: make bench PICTURES=DIR [N=1000] [LONG=--long]
	@test -n "$(PICTURES)" || { echo "Say which pictures: make bench PICTURES=DIR"; exit 1; }
	@$(BIN)/python benchmarks/bench.py "$(PICTURES)" -n $(or $(N),1000) $(LONG)

bench-gpu: setup  ## Measure the engine on a GPU: make bench-gpu PICTURES=DIR [N=5000] [DEVICE=cuda:0]
	@test -n "$(PICTURES)" || { echo "Say which pictures: make bench-gpu PICTURES=DIR"; exit 1; }
	@$(BIN)/python -m benchmarks.gpu "$(PICTURES)" -n $(or $(N),5000) --device $(or $(DEVICE),cuda:0)

torture: setup  ## Kill the commands at random, 120 times, and see what is lost: make torture [N=120] [SEED=the printed one]
	@$(BIN)/python -m benchmarks.torture -n $(or $(N),120) $(if $(SEED),--seed $(SEED))

lock: ## Resolve the newest versions into constraints.txt
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet --disable-pip-version-check -e '.[sample,dev,browser]'
	@{ echo "# Made by 'make lock': versions that were tested together. Constraints, so that each platform takes its own subset."; \
		.venv-lock/bin/pip freeze --exclude-editable | sed 's/+[a-z0-9.]*$$//'; } > constraints.txt
	@rm -rf .venv-lock

clean:  ## Remove .venv, outputs and caches
	@rm -rf .venv .venv-lock outputs .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +
