// Waits for a part of the page: gradio draws late.
const whenThere = (place, act) => {
	const found = document.querySelector(place);
	if (found) act(found);
	else setTimeout(whenThere, 200, place, act);
};
// A counted sentence in its right form, as `forms_of` of phrases.py gives it.
const counted = (told, number) => {
	const { forms, of } = JSON.parse(told);
	return forms[of[number < 100 ? number : 100 + (number % 100)]].replace("{number}", number);
};
