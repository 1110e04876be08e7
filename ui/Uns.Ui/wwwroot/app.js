// The few things that only the browser can do.
window.uns = {
  copy: (text) => navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => false) : false,
};
