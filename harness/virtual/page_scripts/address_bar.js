// The browser's own address field, over every page of the browser app: where the person is, as every browser shows it.
(() => {
  'use strict';
  const HEIGHT = 44;
  if (window !== window.top || !/^https?:$/.test(location.protocol)) return;
  const bar = document.createElement('input');
  bar.id = 'com.android.browser:id/url';
  bar.readOnly = true;
  bar.style.cssText = `all:initial;position:fixed;left:0;top:0;width:100%;height:${HEIGHT}px;box-sizing:border-box;`
    + 'padding:0 16px;z-index:2147483647;background:#f1f3f4;color:#202124;font:14px sans-serif;border-bottom:1px solid #dadce0';
  const tell = () => { bar.value = location.host + location.pathname; };
  const put = () => {
    tell();
    document.documentElement.style.marginTop = `${HEIGHT}px`;
    document.documentElement.append(bar);
  };
  window.addEventListener('popstate', tell);
  window.addEventListener('hashchange', tell);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', put);
  else put();
})();
