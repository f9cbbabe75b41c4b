// Runs before the console's modules: where one of them, or the style, cannot be loaded (a network that changes, a node that ends, a
// limit), nothing of theirs runs and the page would stay blank.
(() => {
    const loadedAgain = performance.getEntriesByType('navigation')[0]?.type === 'reload';
    let isFailed = false;

    // A failed load is told to its element alone, so it is listened for on the way there.
    addEventListener('error', ({ target }) => {
        if (isFailed || !(target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel === 'stylesheet')))
            return;
        isFailed = true;
        const said = document.createElement('p');
        said.setAttribute('role', 'alert');
        said.textContent = 'A part of this page could not be loaded. It is loaded again in a moment.';
        document.documentElement.append(said);
        setTimeout(() => location.reload(), loadedAgain ? 10_000 : 1_000);
    }, true);
})();
