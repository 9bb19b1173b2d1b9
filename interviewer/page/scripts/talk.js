// The talk scrolls, so it must be reached by keyboard.
whenThere("#chat [role=log]", (talk) => {
	talk.tabIndex = 0;
});
