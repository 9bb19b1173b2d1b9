// Waits for a part of the page: gradio draws late.
const whenThere = (place, act) => {
	const found = document.querySelector(place);
	if (found) act(found);
	else setTimeout(whenThere, 200, place, act);
};
