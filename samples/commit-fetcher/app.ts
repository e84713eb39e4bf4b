/*
 * Watches a git repository until you press Ctrl-C:
 *
 *     npm start -- ~/src/some-repository
 *     npm start -- --dashboard 9090      # with a page at http://127.0.0.1:9090/
 *
 * This module declares what there is to run, and `watchbill run` runs it, with the repository as its argument. What it sees goes
 * to stdout, what fails to stderr. Try what happens when you commit, tag, switch branches, rebase, or move the repository away
 * and back; and meanwhile, in another terminal:
 *
 *     npm run --silent watchbill -- top
 *     npm run --silent watchbill -- pause git/tags --reason "no tags today"
 */
import { resolve } from "node:path";
import { bootstrap } from "watchbill";
import { CommitFetcher } from "./commit-fetcher.js";
import { Git } from "./git.js";

// Without a repository there is nothing to wait for. Should it vanish later, the workers' retries wait for it to come back.
const git = await Git.find(resolve(process.argv[2] ?? "."));

export default bootstrap([new CommitFetcher(git)], { shutdownTimeout: "5s" });
