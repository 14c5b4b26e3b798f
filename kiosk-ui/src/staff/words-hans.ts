export const hans = {
  bay: '工位', desk: '前台', office: '总部', language: '语言', who: '我是', whoAsk: '请选择您的姓名', nobody: '未选择', cancel: '取消', save: '保存', close: '关闭', none: '无', now: '现在', noBay: '本机没有工位',
  stale: '画面暂停更新，以下为 {time} 的情况', asOf: '截至 {time}', ticket: '票号', plate: '车牌', vin: 'VIN', promised: '预计交车', late: '已超时', complaint: '客户描述', lines: '已确认项目', extras: '追加项目', nextCars: '下一辆', empty: '工位空闲', emptyHint: '前台派车后，车辆会显示在这里。', lead: '主修', purpose: '来意',
  // bay
  receive: '接车', scan: '扫描', start: '开始维修', pause: '暂停', resume: '继续', finish: '完工', extra: '追加项目', scanning: '正在扫描', scanDone: '最近一次扫描', scanNone: '还没有扫描', codes: '故障码', noCodes: '没有故障码', readiness: '就绪状态', readings: '数据', earlier: '前后对比', before: '维修前', after: '最近', gone: '已消失', still: '仍在', fresh: '新出现',
  mil: '故障灯亮', milOff: '故障灯不亮', mismatch: '车架号和登记的车不一致，请确认是不是接错了车。', pauseWhy: '为什么暂停？', finishWhy: '找到什么原因？', causeNone: '没有找到原因', extraText: '需要追加什么？', safety: '涉及安全', write: '也可以自己写', extraHint: '前台马上会收到，由前台报价并联系客户。',
  w_lunch: '休息用餐', w_parts: '等配件', w_tool: '等工具或设备', w_help: '等同事协助', w_other_car: '先处理别的车', c_worn: '磨损老化', c_loose: '松动或接触不良', c_leak: '泄漏', c_dirty: '脏污堵塞', c_sensor: '传感器老化', x_pads: '更换刹车片', x_fluid: '更换刹车油', x_filter: '更换滤芯', x_tyre: '更换轮胎', x_plug: '更换火花塞',
  scanner_none: '没有检测仪', scanner_connecting: '正在连接检测仪', scanner_online: '检测仪就绪', scanner_fault: '检测仪有问题',
  step_connect: '连接', step_protocol: '识别协议', step_vin: '读取车架号', step_supported: '查询支持项', step_codes: '读取故障码', step_readiness: '读取就绪状态', step_readings: '读取数据', step_freeze: '读取冻结帧', step_tests: '读取监测结果', step_info: '查询控制单元', step_done: '完成',
  stored: '当前', pending: '待确认', permanent: '永久', complete: '完成', incomplete: '未完成', unsupported: '不支持', partial: '不完整', failed: '失败', running: '进行中', completed: '完成',
  raised: '待报价', offered: '等客户答复', approved: '客户同意', declined: '客户不同意',
  // desk
  col_arrived: '到店', col_assign: '待派工', col_bay: '在工位', col_answer: '等客户', col_inspect: '待检验', col_prepare: '交车准备', col_ready: '待取车', col_gone: '离店',
  cabinet: '钥匙柜', nodes: '节点', details: '详情', arrivals: '新到：{ticket}', call: '{time} · 自助机前有客户需要帮助', going: '我去接待', assist: '需要协助', uncertain: '时间不确定', conflict: '记录有冲突', phone: '电话', name: '姓名', owner: '首接', marks: '环车检查', belongings: '随车物品', key: '钥匙', keyIn: '{slot} 号格，在柜内', keyOut: '不在柜内', total: '合计', scans: '扫描',
  assign: '派工', toBay: '工位', leadBy: '主修（一人）', helpers: '协助', offer: '报价', price: '价格（元）', newTime: '新的交车时间', send: '记录报价', approve: '客户同意', refuse: '客户不同意', channel: '联系方式', told: '已通知车间何人', warn: '涉及安全：已向客户说明利害，客户仍不同意', inspect: '检验', pass: '合格', fail: '不合格，返工', failWhy: '哪里不合格？', prepare: '交车准备完成', notify: '已通知客户', settle: '结算', paid: '收款', method: '方式', gatepass: '开出厂通知单', frames: '冻结帧', tests: '监测结果', units: '控制单元', frameOf: '{code} 出现时的数据', limits: '限值', result: '结果', within: '在限值内', outside: '超出限值', notRun: '尚未运行', notKnown: '单位未知', notWhole: '有的控制单元没有回答，可能还有别的故障码', notSeen: '未读到', handback: '客户签字提车', again: '重签', signed: '签字完成', release: '人工打开 {slot} 号格', releaseWhy: '为什么不在自助机取？', gatepassDone: '出厂通知单已开。',
  k_lines: '项目全部完成', k_codes: '复扫无新故障', k_drive: '试车正常', k_clean: '工位工具清点', k_level: '油液检查', p_clean: '车内外已清洁', p_things: '物品已放回', p_docs: '单据已齐',
  ch_phone: '电话', ch_counter: '当面', ch_message: '短信', m_cash: '现金', m_card: '刷卡', m_wechat: '微信', m_alipay: '支付宝', m_transfer: '转账',
  hook_open: '门开', hook_closed: '门关', hook_unknown: '门未知', key_present: '有钥匙', key_absent: '空', key_unknown: '钥匙未知', cab_none: '没有钥匙柜', cab_online: '钥匙柜在线', cab_offline: '钥匙柜离线，以下为最后所知', online: '在线', offline: '离线', backlog: '待同步 {n}', alarm: '报警',
  reception: '前台', central: '总部', 
  // office
  shops: '门店', jobs: '车辆进度', vehicles: '车辆档案', file: '档案', visits: '{n} 次到店', back: '返回', node: '来源', state: '状态', opened: '开单', phase: '阶段', search: '按车牌或 VIN 查找', 
  connecting: '正在连接…', sent: '已记录',
  // phases
  ph_arrived: '已到店', ph_consented: '同意检测', ph_signed: '已签单', ph_handed_over: '已交车', ph_dispatched: '已派工', ph_received: '已接车', ph_diagnosing: '检测中', ph_in_repair: '维修中', ph_paused: '暂停', ph_waiting_parts: '等配件', ph_waiting_answer: '等客户答复', ph_done: '待检验', ph_rework: '返工', ph_passed: '检验合格', ph_prepared: '已备好', ph_settled: '已结算', ph_gatepass: '可出厂', ph_declined: '客户不修', ph_key_out: '钥匙已取', ph_left: '已离店',
  pu_repair: '维修', pu_maintenance: '保养', pu_diagnosis: '检测', pu_quote: '估价', pu_appointment: '预约', pu_complaint: '投诉',
  // why something is locked, and what went wrong
  r_no_order: '维修单还没有签字', r_no_consent: '客户没有同意检测', r_not_received: '还没有接车', r_waiting_answer: '等客户答复', r_waiting_parts: '等配件', r_scanner_offline: '检测仪没有连接', r_running: '正在扫描', r_not_assigned: '还没有派工', r_other_bay: '这辆车派给了别的工位', r_already: '已经做过了', r_moved: '情况刚刚有变化，请再看一下', r_open_extra: '追加项目还没有答复', r_no_cause: '请写明原因', r_not_finished: '还没有完工', r_not_inspected: '还没有检验合格', r_not_prepared: '交车准备还没完成', r_not_settled: '还没有结算', r_no_gatepass: '还没有出厂通知单', r_owner_away: '没有那台钥匙柜电脑的消息', r_unknown_person: '本机不认识这个员工', r_network: '连不上本机服务，请稍等再试', r_disk_full: '磁盘已满，不能记录新的内容', r_unknown_outcome: '不能确定是否已写入，请再按一次', r_no_signature: '缺少签名', r_not_handed_over: '车辆还没有交接', r_no_promise: '请填写新的交车时间', r_not_told: '请选择车间何人已被通知', r_not_acknowledged: '请确认已说明安全利害', r_no_checks: '请至少勾选一项', r_amount: '金额必须等于合计', r_interrupted: '扫描中断', r_closed: '这次服务已结束', r_no_scanner: '这里没有检测仪', r_key_not_in: '钥匙不在柜内', r_no_reason: '请写明原因', r_mismatch: '还没有确认是不是这辆车', r_not_mismatched: '这辆车没有疑问', mismatch_decided_twice: '两人对是不是这辆车的判断不一致', r_engine_running: '发动机在运转：请先关闭', r_wrong_car: '这不是工单上的车', r_not_read: '没有读到故障码：请先扫描', r_clearing: '正在清除故障码', r_who: '请先选择您是谁',
};
