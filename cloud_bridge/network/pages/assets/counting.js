// Until another code can be sent. The seconds are seen and not spoken: whoever hears the page hears
// the sentence once, and once that the wait is over.
for (const counting of document.querySelectorAll(".counting")) {
  const told = document.querySelector("#unsent");
  const end = performance.now() + Number(counting.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left > 0) {
      counting.textContent = counting.dataset.words.replace("{seconds}", left);
      setTimeout(tick, 1000);
      return;
    }
    counting.remove();
    told.remove();
    const counted = document.querySelector(".counted");
    counted.textContent = counted.dataset.words;
  };
  told.classList.add("unseen");
  counting.hidden = false;
  tick();
}
